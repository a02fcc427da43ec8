"""What the push function reads from its environment, on top of what it shares with the API."""

from __future__ import annotations

from pydantic import Field

from functions.api.settings import ApiSettings


class PushSettings(ApiSettings):
    """See ApiSettings."""

    push_management_url: str = Field(description="Address at which the WebSocket API takes messages.")
