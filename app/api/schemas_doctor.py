"""What a doctor finds, as models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.api.schemas import Answer
from app.core.deployment import Severity


class FindingOut(Answer):
    """Something that is wrong, or that somebody should know."""

    severity: Severity = Field(
        description="`error`: it does not work, or will not for long; `warning`: somebody should "
        "look; `note`: good to know."
    )
    code: str = Field(description="Stable, for programs.")
    detail: str
    step: str = Field(description="What to do next.")


class DoctorOut(Answer):
    at: datetime
    healthy: bool = Field(description="No finding is an error.")
    findings: list[FindingOut] = Field(description="The worst first.")


class DoctorAnswer(Answer):
    data: DoctorOut
