"""The settings of those who accept notifications and those who deliver them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from shared.settings import CommonSettings


class NotificationSettings(CommonSettings):
    """See CommonSettings."""

    webhook_loopback: bool = Field(
        False, description="Let webhooks go to http and to this machine; on the stage local alone."
    )
    mail_from: str = Field("", description="Sender of e-mails, verified in SES; empty for no e-mail.")

    @model_validator(mode="after")
    def _only_on_ones_own_machine(self) -> Self:
        if self.webhook_loopback and self.stage != "local":
            raise ValueError("webhook_loopback is for the stage local: it opens what only we can reach")
        return self
