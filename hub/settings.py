"""Settings: environment variables ``HUB_*``, each also readable from a file named by ``HUB_*_FILE``.

Validated once at start. Secrets never appear in a repr, a log line or an error.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from hub.environment import PREFIX, complaint, file_of, from_files
from hub.errors import Unready
from hub.staff_settings import DeskSettings

ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
BOUNCE_CHARACTERS: Final = 11  # a local part has 64 (RFC 5321 section 4.5.3.1.1), a mark and its + take 53


class Mode(StrEnum):
    """How this process was started: what is allowed to be convenient."""

    DEMO = "demo"
    RUN = "run"
    PRODUCTION = "production"


class Settings(DeskSettings):
    """Every setting, its type, its default and what it is for. ``docs/settings.md`` is made from this."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    mode: Mode = Field(
        Mode.PRODUCTION, description="demo, run or production; set by the command that starts the hub"
    )
    data_dir: Path = Field(
        Path(".data"),
        description="where keyring, anchors and the embedded database live; empty: .data, and .data/demo for hub demo",
    )
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host:port/name of any PostgreSQL 15+; empty: the embedded one",
    )
    migration_database_url: SecretStr | None = Field(
        None, description="the owner's URL for `hub migrate`; empty: the same as HUB_DATABASE_URL"
    )
    pool_size: int = Field(
        10, ge=1, le=200, description="database connections each of a process's three pools may open"
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    public_url: str = Field("", description="how others reach the hub; empty: http://localhost:PORT")
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description="Host headers accepted besides those of HUB_PUBLIC_URL, as a JSON list",
    )
    forwarded_allow_ips: str = Field("", description="addresses of proxies whose X-Forwarded-* headers count")
    keyring: SecretStr | None = Field(
        None,
        description="the keyring document (JSON); empty in demo and run: DATA_DIR/keyring.json, made at first start",
    )
    metrics_token: SecretStr | None = Field(
        None, description="bearer token for /metrics; empty: /metrics is closed"
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp:// or smtps://user:password@host:port; in production always with TLS; empty: no mail is sent",
    )
    mail_from: str = Field(
        "", description="address that letters come from; empty: privacy@ our host, except in production"
    )
    mail_reply_to: str = Field("", description="address that answers to letters go to; empty: HUB_MAIL_FROM")
    mail_bounce: str = Field(
        "",
        description="address whose +anything goes to `hub letters bounce -`; at most 11 characters before the @; "
        "empty: HUB_MAIL_FROM",
    )
    clamd_url: str = Field(
        "",
        description="tcp://host:port or unix:///path of a clamd that looks at files people send; empty: they are "
        "marked as not scanned",
    )
    storage_url: str = Field(
        "",
        description="where files are kept: file:///folder or s3://bucket/prefix; empty: DATA_DIR/objects",
    )
    storage_endpoint: str = Field(
        "", description="https:// address of an S3-compatible service; empty: that of the bucket's region"
    )
    storage_region: str = Field(
        "", description="region of the bucket; empty: as in the environment (AWS_REGION)"
    )
    storage_key_id: str = Field(
        "", description="access key id for the bucket; empty: as in the environment, or the machine's role"
    )
    storage_secret: SecretStr | None = Field(None, description="secret access key that belongs to it")
    anchor_file: Path | None = Field(
        None,
        description="file outside the database to which signed roots are appended; empty: DATA_DIR/anchors.ndjson",
    )
    erasure_journal: Path | None = Field(
        None,
        description="file outside the database to which erasures are appended, as keyed hashes; "
        "empty: DATA_DIR/erasures.ndjson",
    )
    key_backup_days: int = Field(
        35,
        ge=0,
        le=400,
        description="how many days backups of the customers' keys are kept: then an erasure holds in backups too, and "
        "certificates of erasure name the day",
    )
    trusted_documents: Path | None = Field(
        None, description="JSON file {sha256: document}; when set, only these GraphQL documents are run"
    )
    partner_trusted_documents: Path | None = Field(
        None, description="the same for partners: when set, only these documents are run on /partner/graphql"
    )
    partner_own_networks: bool = Field(
        default=False,
        description="partners' addresses may be local and http: to try things out; always in the demo, never in "
        "production",
    )
    introspection: bool | None = Field(
        None, description="GraphQL introspection; empty: on in demo and run only"
    )
    console: bool | None = Field(
        None, description="query console on GET /graphql; empty: on in demo and run only"
    )
    token_seconds: int = Field(600, ge=60, le=3600, description="life of an access token, in seconds")
    visit_idle_minutes: int = Field(
        30, ge=5, le=240, description="how long a visit to the portal lasts after what was last sent"
    )
    visit_hours: int = Field(8, ge=1, le=24, description="how long a visit to the portal lasts at most")
    staff_idle_minutes: int = Field(
        15, ge=5, le=60, description="how long staff stay signed in at the desk after what they last did"
    )
    staff_hours: int = Field(9, ge=1, le=12, description="how long staff stay signed in at the desk at most")
    package_days: int = Field(
        14, ge=1, le=90, description="how long a released copy can be fetched; then it is deleted"
    )
    shutdown_seconds: int = Field(20, ge=1, le=300, description="how long a stop waits for running requests")
    drain_seconds: int = Field(
        0,
        ge=0,
        le=60,
        description="how long a stop waits, unready and still answering, until load balancers look elsewhere",
    )
    security_contact: str = Field(
        "",
        description="where to report a weakness (mailto: or https:), for security.txt; empty: security@ our host",
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level that is logged"
    )
    default_phone_region: str = Field(
        "AU", pattern="^[A-Z]{2}$", description="country of phone numbers without a prefix"
    )

    @field_validator(
        "data_dir", "anchor_file", "erasure_journal", "trusted_documents", "partner_trusted_documents"
    )
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("mail_from", "mail_reply_to", "mail_bounce")
    @classmethod
    def _address(cls, address: str) -> str:
        if address and not ADDRESS.fullmatch(address):
            raise ValueError("must be an address alone, such as privacy@example.org")
        return address

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("must begin with smtp:// or smtps://")
        return url

    @field_validator("clamd_url")
    @classmethod
    def _clamd(cls, url: str) -> str:
        parts = urlsplit(url)
        if (
            url
            and not (parts.scheme == "tcp" and parts.hostname)
            and not (parts.scheme == "unix" and parts.path)
        ):
            raise ValueError("must be tcp://host:port or unix:///path")
        return url

    @field_validator("storage_url")
    @classmethod
    def _storage(cls, url: str) -> str:
        if url and not url.startswith(("file:///", "s3://")):
            raise ValueError("must begin with file:/// or s3://")
        return url

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgres://", "postgresql://")):
            raise ValueError("must begin with postgresql://")
        return url

    @model_validator(mode="after")
    def _desk_is_safe(self) -> "Settings":
        self.check_desk(self.url, is_production=self.is_production)
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.mode is Mode.PRODUCTION:
            if self.keyring is None:
                raise ValueError(
                    "HUB_KEYRING or HUB_KEYRING_FILE: needed in production (`hub keys generate` makes one)"
                )
            if self.partner_own_networks:
                raise ValueError("HUB_PARTNER_OWN_NETWORKS: not in production")
            if self.database_url is None:
                raise ValueError("HUB_DATABASE_URL: needed in production")
            if not self.public_url.startswith("https://"):
                raise ValueError("HUB_PUBLIC_URL: must be an https:// address in production")
            if self.smtp_url is not None and not self.mail_from:
                raise ValueError("HUB_MAIL_FROM: needed in production where HUB_SMTP_URL is set")
            if self.storage_endpoint and not self.storage_endpoint.startswith("https://"):
                raise ValueError("HUB_STORAGE_ENDPOINT: must be an https:// address in production")
        return self

    @model_validator(mode="after")
    def _bounces_have_room(self) -> "Settings":
        if len(self.mail_bounces.partition("@")[0]) > BOUNCE_CHARACTERS:
            raise ValueError(
                f"HUB_MAIL_BOUNCE: give an address with at most {BOUNCE_CHARACTERS} characters before the @"
            )
        return self

    @property
    def url(self) -> str:
        """How others reach the hub, without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def desk(self) -> str:
        """How staff reach the desk's host."""
        return self.desk_url or self.url

    @property
    def mail_sender(self) -> str:
        """The address that letters come from."""
        return self.mail_from or f"privacy@{urlsplit(self.url).hostname or 'localhost'}"

    @property
    def mail_bounces(self) -> str:
        """The address that what cannot be delivered comes back to, before its mark is added."""
        return self.mail_bounce or self.mail_sender

    @property
    def is_production(self) -> bool:
        """Whether conveniences (console, introspection, generated keys) are off unless asked for."""
        return self.mode is Mode.PRODUCTION

    @property
    def shows_console(self) -> bool:
        """Whether GET /graphql answers with the query console."""
        return not self.is_production if self.console is None else self.console

    @property
    def allows_introspection(self) -> bool:
        """Whether GraphQL introspection is answered."""
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def keyring_file(self) -> Path | None:
        """The file that the keyring was read from; None where it was given by value."""
        return self.data_dir / "keyring.json" if self.keyring is None else file_of("keyring")

    @property
    def anchors(self) -> Path:
        """The anchor file of signed roots."""
        return self.anchor_file or self.data_dir / "anchors.ndjson"

    @property
    def erasures(self) -> Path:
        """The journal of erasures."""
        return self.erasure_journal or self.data_dir / "erasures.ndjson"


def load(**given: Any) -> Settings:
    """Read the environment (and ``_FILE`` variables); Unready names the variable that is wrong, never its value."""
    try:
        return Settings(**cast("dict[str, Any]", {**from_files(Settings.model_fields), **given}))
    except ValidationError as error:
        raise Unready("; ".join(complaint(problem) for problem in error.errors())) from None
