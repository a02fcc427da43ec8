"""Sessions of a Directus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The tokens of a session; the access token holds for ``expires_in`` seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


class Logins(Protocol):
    """Sessions of a Directus. Every method raises AuthError where it refuses, and TransientError."""

    def begin(self, email: str, password: str, otp: str = "") -> SignedIn:
        """Sign a user in; ``otp`` is the second factor, where there is one."""
        ...

    def renew(self, refresh_token: str) -> SignedIn:
        """Return new tokens; the old refresh token is used up."""
        ...

    def end(self, refresh_token: str) -> None:
        """End a session."""
        ...
