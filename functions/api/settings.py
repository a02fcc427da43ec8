"""What the api function reads from its environment."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from shared.aws.ssm import Secret
from shared.notifications.settings import NotificationSettings

MIN_SECRET = 32

Names = Annotated[tuple[str, ...], NoDecode]

# What /health and the OpenAPI document name; pyproject.toml has the same.
VERSION = "0.1.0"


class ApiSettings(NotificationSettings):
    """See NotificationSettings; lists are separated by commas."""

    directus_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of at least 32 characters that signs access tokens (SECRET of Directus).",
    )
    directus_secret_parameter: str = Field(
        "", description="SecureString in SSM that holds it, where the environment does not."
    )
    jwt_issuers: Names = Field(("directus",), description="Accepted issuers of access tokens.")
    seed_roles: Names = Field(
        (), description="Directus roles, besides administrators, that may seed and clean up."
    )
    s3_public_endpoint: str = Field(
        "", description="S3 endpoint that browsers reach, where it is not the function's own."
    )
    max_upload_size: int = Field(104_857_600, ge=1, description="Largest document, in bytes.")
    upload_seconds: int = Field(3600, ge=60, le=43_200, description="Seconds that an upload form is valid.")
    download_seconds: int = Field(300, ge=10, le=43_200, description="Seconds that a download is valid.")
    max_queued_jobs: int = Field(
        1000, ge=1, description="Jobs of one owner that may wait for a worker; more are put off."
    )
    analysis_dead_letter_queue_url: str = Field("", description="Dead-letter queue of the analysis queue.")
    cleanup_dead_letter_queue_url: str = Field("", description="Dead-letter queue of the cleanup queue.")
    notification_dead_letter_queue_url: str = Field(
        "", description="Dead-letter queue of the notification queue."
    )
    mail_allowed: Names = Field(
        (), description="Addresses, and domains as @example.com, that any caller may notify."
    )
    log_groups: Names = Field((), description="CloudWatch log groups of all functions.")
    search_function: str = Field(
        "", description="Function that searches; empty where the deployment has no search."
    )
    cors_origins: Names = Field((), description="Origins of web pages that may call the API.")

    @field_validator("jwt_issuers", "seed_roles", "log_groups", "cors_origins", "mail_allowed", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("jwt_issuers")
    @classmethod
    def _plain_issuers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any("|" in issuer for issuer in value):
            raise ValueError("at least one issuer is needed, and none may hold '|'")
        return value

    @field_validator("directus_secret")
    @classmethod
    def _long_secret(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"the secret needs at least {MIN_SECRET} characters")
        return value

    @model_validator(mode="after")
    def _some_secret(self) -> Self:
        if not (self.directus_secret.get_secret_value() or self.directus_secret_parameter):
            raise ValueError("directus_secret or directus_secret_parameter is needed")
        return self

    def token_secret(self) -> Secret:
        """Return what gives the secret that signs tokens."""
        return Secret(
            self.directus_secret.get_secret_value(),
            self.directus_secret_parameter,
            self.aws_endpoint_url,
            min_length=MIN_SECRET,
        )
