"""What the notify function reads from its environment."""

from __future__ import annotations

from pydantic import Field

from shared.notifications.settings import NotificationSettings


class NotifySettings(NotificationSettings):
    """See NotificationSettings."""

    public_url: str = Field("", description="Address of the API in links; empty for paths alone.")
