"""What a feed is asked with, as models. Secrets come in and never go out."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, SecretStr

from app.api.schemas import Answer
from app.api.schemas_admin import Asked, Line
from app.core.credentials import CredentialKind


class SetCredentials(Asked):
    """A secret, or the name of an environment variable that holds it."""

    kind: CredentialKind
    username: str | None = Field(None, max_length=500, description="Of basic alone.")
    header: Line | None = Field(
        None, max_length=100, description="Of header alone: its name.", examples=["X-Api-Key"]
    )
    secret: SecretStr | None = Field(
        None, max_length=4000, description="Kept encrypted; needs COPYDESK_SECRET_KEY."
    )
    variable: Line | None = Field(
        None,
        max_length=120,
        description="Of the service's environment, beginning with COPYDESK_FEED_.",
        examples=["COPYDESK_FEED_WIRE"],
    )
    over_http: bool = Field(
        default=False, description="Send them also where the feed's address is plain http."
    )


class CredentialsOut(Answer):
    feed_id: str
    kind: CredentialKind
    username: str | None
    header: str | None
    origin: str = Field(description="The one that they are sent to.")
    variable: str | None = Field(
        description="The environment variable that holds the secret; null if it is kept encrypted."
    )
    over_http: bool
    set_at: datetime


class CredentialsAnswer(Answer):
    data: CredentialsOut
