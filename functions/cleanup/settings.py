"""What the cleanup function reads from its environment."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import CommonSettings


class CleanupSettings(CommonSettings):
    """See CommonSettings."""

    directus_token: SecretStr = Field(SecretStr(""), description="Static token of the service's user.")
    directus_token_parameter: str = Field(
        "", description="SecureString in SSM that holds it, where the environment does not."
    )
    lease_seconds: int = Field(90, ge=3, description="Seconds after which a silent worker loses its job.")
    reserve_seconds: int = Field(
        30, ge=1, description="Seconds of an invocation kept for saving and handing over."
    )
