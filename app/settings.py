"""The settings: environment variables with the prefix COPYDESK_, or the same names in `.env`.

Read in `main`, the command and the migrations only; everyone else is handed a small policy.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app import __version__, tracing
from app.core.forwarded import Network
from app.core.origins import networks_of, origins_of
from app.core.urls import absolute_url, base_address, is_loopback
from app.core.webhook import key_of
from app.store.engine import check_database_url

Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(networks_of)]
PREFIX = "COPYDESK_"
MIN_SECRET_KEY_CHARS = 32
PRODUCT = f"Copydesk/{__version__}"
SECRETS = frozenset({"admin_key", "alert_secret", "alert_webhook", "database_url", "secret_key"})
"""Settings whose values may hold a secret, and are never printed."""


class ReadAuth(StrEnum):
    """Whether reading needs a key."""

    OPEN = "open"
    REQUIRED = "required"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class SettingsError(Exception):
    """A setting that cannot be taken: its name, the value, and what is allowed."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        validate_default=True,
    )

    database_url: Annotated[str, AfterValidator(check_database_url)] = Field(
        "sqlite:///copydesk.db",
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    )
    host: str = Field("127.0.0.1", description="the address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="the port to listen on; 0 takes a free one")
    public_url: str | None = Field(
        None,
        max_length=1000,
        description="where others reach this service, such as https://news.example/copydesk; "
        "without it no hub pushes",
    )
    poll: bool = Field(default=True, description="on or off: poll inside the server")
    push: bool = Field(default=True, description="on or off: tell webhooks from inside the server")
    log_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="days that the change log is kept whole; then the latest change of each story",
    )
    story_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="days that stories are kept; a feed's keep_days go before it; by default for "
        "ever",
    )
    ledger_days: int | None = Field(
        90,
        ge=1,
        le=36_500,
        description="days that polls, jobs that have ended and alerts that are over are kept on "
        "record",
    )
    audit_days: int | None = Field(
        730, ge=1, le=36_500, description="days that the audit log is kept"
    )
    admin_key: SecretStr | None = Field(
        None, min_length=16, description="the first admin key, at least 16 characters"
    )
    secret_key: SecretStr | None = Field(
        None,
        description="what secrets of feeds are encrypted with, at least 32 characters without a "
        "comma; NEW,OLD while it is being changed",
    )
    alert_secret: SecretStr | None = Field(
        None,
        description="what alerts are signed with, whsec_ and base64 of 24 to 64 random bytes",
    )
    alert_webhook: str | None = Field(
        None,
        max_length=2000,
        description="an http:// or https:// address that is told of alerts; needs "
        "COPYDESK_ALERT_SECRET",
    )
    alert_delay_s: int = Field(
        7200,
        ge=60,
        le=86_400,
        description="an alert, if one story in twenty comes later than this after its publication",
    )
    alert_disk_mb: int = Field(
        1024, ge=1, le=1 << 30, description="an alert, if less is left where the database is"
    )
    read_auth: ReadAuth | None = Field(
        None,
        description="open or required; by default open on a loopback address, else required",
    )
    requests_per_minute: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="requests in a minute of a key that has no rate of its own, and of an address "
        "where reading is open",
    )
    trusted_proxies: Networks = Field(
        (), description="networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(origins_of)] = Field(
        (),
        description="origins whose pages may call the API from a browser, such as "
        "https://app.example, or * for all",
    )
    allow_private_networks: Networks = Field(
        (), description="networks feeds may be fetched from though not public, such as 10.0.0.0/8"
    )
    min_interval_s: int = Field(120, ge=1, le=86_400, description="shortest time between two polls")
    max_interval_s: int = Field(
        86_400, ge=60, le=2_592_000, description="longest time between two polls"
    )
    greed: float = Field(
        1.0, ge=0.1, le=10, description="twice the greed is twice the requests, for half the delay"
    )
    concurrency: int = Field(32, ge=1, le=1024, description="fetches in flight at most")
    parse_workers: int = Field(2, ge=1, le=64, description="worker processes that parse")
    host_gap_s: float = Field(
        1.0, ge=0, le=3600, description="least time between two requests to a host"
    )
    requests_per_hour: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="requests in an hour, of all processes on one database together",
    )
    fetch_deadline_s: float = Field(
        30.0, gt=0, le=300, description="time one fetch may take in all"
    )
    max_wire_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, le=1 << 30, description="bytes of one answer as sent"
    )
    max_body_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, le=1 << 30, description="bytes of one answer once inflated"
    )
    max_entries: int = Field(2000, ge=1, le=100_000, description="entries read from one document")
    parse_timeout_s: float = Field(10.0, gt=0, le=120, description="time one parse may take")
    parse_memory_mb: int = Field(
        1024, ge=256, le=65_536, description="memory that work may take in one worker process"
    )
    contact: str | None = Field(
        None,
        max_length=120,
        pattern=r"^[\x21-\x27\x2a-\x7e]+$",
        description="an address or URL of who runs this service, without spaces or parentheses",
    )
    nlp: bool = Field(
        default=False,
        description="on or off: find more people and organizations in English stories by spaCy's "
        "model, of the extra nlp",
    )
    user_agent: str = Field(
        f"{PRODUCT} (feed reader; nobody has set COPYDESK_CONTACT)",
        min_length=1,
        max_length=200,
        pattern=r"^[\x20-\x7e]+$",
        description="printable ASCII; by default the product and COPYDESK_CONTACT",
    )
    log_format: LogFormat | None = Field(
        None, description="text or json; by default text on a terminal, else json"
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error"
    )
    otlp_endpoint: str | None = Field(
        None,
        description="where traces are sent, such as http://127.0.0.1:4318; needs the extra otel",
    )

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        keys = [] if value is None else value.get_secret_value().split(",")
        if any(len(key.strip()) < MIN_SECRET_KEY_CHARS for key in keys):
            raise ValueError("a key is shorter than 32 characters")
        return value

    @field_validator("alert_secret")
    @classmethod
    def _alert_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            key_of(value.get_secret_value())
        return value

    @field_validator("alert_webhook")
    @classmethod
    def _alert_webhook(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if absolute_url(value, None) is None:
            raise ValueError("that is no http or https address")
        if info.data.get("alert_secret") is None:
            raise ValueError("alerts are signed: COPYDESK_ALERT_SECRET is missing, or is none")
        return value

    @field_validator("public_url", "otlp_endpoint")
    @classmethod
    def _addresses(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.field_name == "otlp_endpoint" and not tracing.is_installed():
            raise ValueError(tracing.MISSING)
        return None if value is None else base_address(value)

    @field_validator("nlp")
    @classmethod
    def _nlp(cls, value: bool) -> bool:  # noqa: FBT001 - pydantic calls it so
        if value:
            from app.ingest import english_model  # noqa: PLC0415 - slow to import

            if not english_model.is_installed():
                raise ValueError(english_model.MISSING)
        return value

    @model_validator(mode="after")
    def _interval_order(self) -> Settings:
        if self.min_interval_s > self.max_interval_s:
            raise ValueError("min_interval_s is longer than max_interval_s")
        return self

    @model_validator(mode="after")
    def _tell_who_runs_it(self) -> Settings:
        if self.contact is not None and "user_agent" not in self.model_fields_set:
            # the model is frozen for everybody else
            object.__setattr__(self, "user_agent", f"{PRODUCT} (feed reader; +{self.contact})")
        return self

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """What secrets of feeds are encrypted with: the first for new ones, any for those kept."""
        if self.secret_key is None:
            return ()
        return tuple(key.strip() for key in self.secret_key.get_secret_value().split(","))

    @property
    def reading_is_open(self) -> bool:
        """Whether a read needs no key: as set, else only on a loopback address."""
        if self.read_auth is not None:
            return self.read_auth is ReadAuth.OPEN
        return is_loopback(self.host)


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - checked by the model
    """The settings of this process, or SettingsError with one line for each that is wrong."""
    try:
        return Settings(**{name: v for name, v in overrides.items() if v is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_line(fault) for fault in error.errors())) from error


def _line(fault: Any) -> str:  # noqa: ANN401 - pydantic's own dictionary of one fault
    if not fault["loc"]:
        return f"{PREFIX}MIN_INTERVAL_S, {PREFIX}MAX_INTERVAL_S: {fault['msg']}"
    name = str(fault["loc"][0])
    value = "****" if name in SECRETS else repr(fault["input"])
    allowed = Settings.model_fields[name].description if name in Settings.model_fields else None
    return f"{PREFIX}{name.upper()}={value}: {fault['msg']}. Allowed: {allowed}"
