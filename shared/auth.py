"""Who calls: HS256 tokens as Directus issues them, or as others sign them with the same secret.

``Tokens.verify`` answers with a ``Caller`` or raises ``AuthError`` (401); no message says more than the
caller's own token does, and none repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import ClauseworksError
from shared.jobs.model import Owner

ALGORITHM = "HS256"
LEEWAY = 5
MAX_TOKEN = 8192
MAX_NAME = 255
SUBJECT_CLAIMS = ("id", "sub", "user_id")


class AuthError(ClauseworksError):
    """The request has no known caller: no token, or one that does not hold."""

    status = 401


class ForbiddenError(ClauseworksError):
    """We know who calls, and they may not do this."""

    status = 403

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person or program behind a request; ``role`` and ``team`` are empty where the token has none.

    ``email`` is an address that the token's issuer has verified, empty where it says so of none.
    """

    issuer: str
    subject: str
    role: str = ""
    admin: bool = False
    team: str = ""
    email: str = field(default="", repr=False)

    @property
    def owner(self) -> Owner:
        """Return the identity that this caller's jobs and documents carry."""
        return Owner(self.issuer, self.subject, self.team)

    def may_change(self, owner: Owner) -> bool:
        """Say whether the caller may pause, cancel or remove what ``owner`` made."""
        return self.admin or owner.key == self.owner.key

    def may_read(self, owner: Owner) -> bool:
        """Say whether the caller may see what ``owner`` made: their own, their team's, or anything."""
        return self.may_change(owner) or (
            bool(self.team) and self.team == owner.team and self.issuer == owner.issuer
        )

    def may_seed(self, roles: Collection[str]) -> bool:
        """Say whether the caller may write to and remove from Directus."""
        return self.admin or (bool(self.role) and self.role in roles)


class Tokens:
    """Verifies bearer tokens: ``secret`` gives what signs them, ``issuers`` are the accepted ``iss``.

    Besides AuthError, ``verify`` raises what ``secret`` does.
    """

    def __init__(self, secret: Callable[[], str], issuers: Collection[str]) -> None:
        self._secret = secret
        self._issuers = tuple(issuers)

    def verify(self, token: str) -> Caller:
        """Return the caller that a token names; raises AuthError."""
        claims = self._claims(token)
        return Caller(
            issuer=str(claims["iss"]),
            subject=_subject(claims),
            role=_text(claims.get("role")),
            admin=claims.get("admin_access") in (True, 1),
            team=_text(claims.get("team")),
            email=_text(claims.get("email")) if claims.get("email_verified") is True else "",
        )

    def _claims(self, token: str) -> Mapping[str, Any]:
        import jwt

        if len(token) > MAX_TOKEN:
            raise AuthError("token-invalid", "The token is too long.")
        secret = self._secret()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                issuer=self._issuers,
                leeway=LEEWAY,
                options={"require": ["exp", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            raise AuthError("token-expired", "The token has expired; get a new one.") from None
        except jwt.ImmatureSignatureError:
            raise AuthError("token-not-yet-valid", "The token is not valid yet.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise AuthError(
                "token-invalid",
                "The token is not one of ours: it has to be signed with HS256 and to name an accepted "
                "issuer (iss) and an expiry (exp).",
            ) from None
        return claims


def _subject(claims: Mapping[str, Any]) -> str:
    """Return the one subject that the claims agree on."""
    if claims.get("share") is not None:
        raise AuthError("token-without-subject", "Share tokens are not accepted.")
    named = {_text(claims[name]) for name in SUBJECT_CLAIMS if claims.get(name) is not None}
    if len(named) > 1:
        raise AuthError("token-ambiguous", "The claims id, sub and user_id of the token name several users.")
    subject = named.pop() if named else ""
    if not subject:
        raise AuthError("token-without-subject", "The token names no user in id, sub or user_id.")
    return subject


def _text(value: Any) -> str:
    """Return a claim's text; an integer counts as its digits, anything else as nothing.

    Characters that cannot be printed count as nothing, too: some of them no store can keep.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    usable = isinstance(text, str) and len(text) <= MAX_NAME and text.isprintable() and not text.isspace()
    return text if usable else ""
