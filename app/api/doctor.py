"""What is wrong with this deployment: `/v1/admin/doctor`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_doctor import DoctorAnswer
from app.core.deployment import Facts, Severity
from app.core.doctor import diagnose

router = APIRouter(prefix="/v1/admin", tags=["operations"])


@router.get("/doctor", response_model=DoctorAnswer, responses=problems(400, 503))
async def doctor(
    request: Request,
    deps: DepsDep,
    online: Annotated[bool, Query(description="Also try a server outside.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Look at settings, machine, database, worker processes and polling, and say what is wrong,
    how bad it is, and what to do next.
    """
    return reply(request, {"data": doctor_shape(await deps.examine(online))})


def doctor_shape(facts: Facts) -> dict[str, Any]:
    """The findings, as the API and the command tell them."""
    findings = diagnose(facts)
    return {
        "at": facts.machine.now,
        "healthy": all(finding.severity is not Severity.ERROR for finding in findings),
        "findings": [
            {
                "severity": finding.severity.value,
                "code": finding.code,
                "detail": finding.detail,
                "step": finding.step,
            }
            for finding in findings
        ],
    }
