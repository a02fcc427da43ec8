"""E-mail on this machine: the emulator of SES takes messages, keeps them, and sends none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from infra.local.errors import LocalError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SENDER = "clauseworks@example.com"
ALLOWED = "@example.com"
_PATH = "/_ministack/ses/messages"


class Place(Protocol):
    """Where a stack is deployed; see ``infra.local.stack.Deployed``."""

    @property
    def endpoint(self) -> str:
        """Address of AWS."""
        ...

    @property
    def own_emulator(self) -> bool:
        """Whether that is our own emulator."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail as it would have been sent; ``at`` in UTC."""

    at: str
    to: Sequence[str]
    subject: str
    text: str


def verify(ses: SESV2Client, sender: str) -> None:
    """Have the emulator know the sender, as SES has to before it sends anything in its name."""
    from botocore.exceptions import ClientError

    try:
        ses.create_email_identity(EmailIdentity=sender)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise


def inbox(place: Place) -> list[Message]:
    """Return every e-mail that the emulator has taken, the oldest first."""
    if not place.own_emulator:
        raise LocalError("only our own emulator shows e-mails: another endpoint sends them, or keeps them")
    answer = httpx.get(f"{place.endpoint}{_PATH}", timeout=10, trust_env=False)
    accounts: Mapping[str, Any] = answer.raise_for_status().json()["messages"]
    return [_message(one) for messages in accounts.values() for one in messages]


def _message(found: Mapping[str, Any]) -> Message:
    at = datetime.fromtimestamp(found["Timestamp"], UTC).isoformat(timespec="seconds")
    return Message(at, found["To"], found["Subject"], found["BodyText"])
