"""What the waiting function reads from its environment, on top of what it shares with the API."""

from __future__ import annotations

from pydantic import Field

from functions.api.settings import ApiSettings


class WaitSettings(ApiSettings):
    """See ApiSettings."""

    wait_seconds: int = Field(20, ge=1, le=25, description="Longest wait of one answer, in seconds.")
