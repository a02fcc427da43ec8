"""What preflight asks of the account and of this machine, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# Errors by which AWS says that the caller may not do this.
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
}


# Instead of an error's code, where no connection was made or kept.
UNREACHABLE = "Unreachable"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question without an answer: the action, the error's code ("" where no service spoke), its words."""

    action: str
    code: str
    reason: str

    @property
    def is_denied(self) -> bool:
        """Whether the caller may not ask."""
        return self.code in DENIED

    def __str__(self) -> str:
        return f"{self.action} is not allowed" if self.is_denied else f"{self.action}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: twelve digits, the ARN, and the partition (``aws``, ``aws-cn``)."""

    account: str
    arn: str
    partition: str


@dataclass(frozen=True, slots=True)
class Quota:
    """Concurrent executions: the account's, those that nobody reserved, those of functions of this stage."""

    executions: int
    unreserved: int
    own: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rights:
    """Actions that miss, and those that IAM cannot decide without the call's own context.

    ``unsimulated`` says why IAM could not be asked, where only calls that read were made.
    """

    asked: int
    missing: Sequence[str] = ()
    unsure: Sequence[str] = ()
    unsimulated: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender in SES: the verified identity ("" for none), and whether SES sends, and to anybody."""

    identity: str
    sends: bool
    to_anybody: bool


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack of the name in the account."""

    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What an earlier stack of the name left: names that are in the way, and data that it kept."""

    taken: Sequence[str] = ()
    kept: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account's answers."""

    quota: Quota | Unanswered
    rights: Rights | Unanswered
    secrets: Mapping[str, str] | Unanswered
    sender: Sender | Unanswered | None
    stack: StackState | Unanswered | None
    # None where the stack exists: the names are its own.
    leftovers: Leftovers | Unanswered | None
    # The parts that only some stages have (a model, a vector bucket), with what is wrong with each, or None.
    parts: Mapping[str, Unanswered | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known before the decisions; ``account`` is None where nobody could be asked.

    ``services`` are the regions of each service by boto3's data; ``tools`` says by tool what is wrong, or "".
    """

    region: str
    identity: Identity | Unanswered | None
    account: AccountFacts | None
    services: Mapping[str, Sequence[str]]
    tools: Mapping[str, str]


class Level(StrEnum):
    """What a finding means for the deployment."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do about it."""

    check: str
    level: Level
    seen: str
    remedy: Sequence[str] = ()
