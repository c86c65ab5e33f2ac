"""Settings of the desk: on which host it is found, and by which provider staff sign in. Part of `hub.settings`."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings


class DeskSettings(BaseSettings):
    """What `Settings` has of the desk."""

    desk_url: str = Field(
        "",
        description="how staff reach the desk where it has a host of its own, which is advised, such as "
        "https://desk.example.org; empty: on the hub's",
    )
    oidc_issuer: str = Field(
        "",
        description="the issuer of the OpenID provider by which staff may sign in, exactly as it writes itself; "
        "empty: by password and code alone",
    )
    oidc_client_id: str = Field("", description="as whom the provider knows the hub")
    oidc_client_secret: SecretStr | None = Field(
        None, description="the secret that proves it to the provider"
    )
    oidc_name: str = Field(
        "your organisation", description="what the provider is called on the page to sign in"
    )
    oidc_acr: list[str] = Field(
        default_factory=list,
        description="values of acr by which the provider says that two factors were shown, as a JSON list; amr `mfa` "
        "always counts",
    )

    @field_validator("desk_url")
    @classmethod
    def _desk(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")):
            raise ValueError("must be https:// and a host, without a path")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Self:
        given = [bool(self.oidc_issuer), bool(self.oidc_client_id), self.oidc_client_secret is not None]
        if any(given) and not all(given):
            raise ValueError(
                "HUB_OIDC_ISSUER, HUB_OIDC_CLIENT_ID and HUB_OIDC_CLIENT_SECRET: all three, or none of them"
            )
        if self.oidc_issuer and not self.oidc_issuer.startswith(("https://", "http://")):
            raise ValueError("HUB_OIDC_ISSUER: must be an https:// address")
        return self

    @property
    def desk_hosts(self) -> tuple[str, ...]:
        """The host of its own that the desk has, if it has one."""
        host = urlsplit(self.desk_url).hostname
        return (host,) if host else ()

    def check_desk(self, url: str, *, is_production: bool) -> None:
        """Raise ValueError for what does not go with the rest. url: how others reach the hub."""
        if is_production and self.oidc_issuer and not self.oidc_issuer.startswith("https://"):
            raise ValueError("HUB_OIDC_ISSUER: must be an https:// address in production")
        ours, theirs = urlsplit(url), urlsplit(self.desk_url)
        if self.desk_url and (theirs.scheme != ours.scheme or theirs.hostname == ours.hostname):
            raise ValueError(
                "HUB_DESK_URL: must be another host than HUB_PUBLIC_URL's, and begin as that does"
            )
