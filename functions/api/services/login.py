"""Signing in through Directus, for pages that may call us only: what is sent goes there, and its answer back.

Passwords and tokens pass through; none is kept or logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from functions.api.ports.login import SignedIn
from functions.api.services.directus_products import TIMEOUT_SECONDS
from shared.auth import AuthError

if TYPE_CHECKING:
    from shared.directus import Directus


class DirectusLogins:
    """See Logins: those of the Directus at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url

    def begin(self, email: str, password: str, otp: str = "") -> SignedIn:
        """See Logins."""
        return _session(
            self._ask("login", {"email": email, "password": password, **({"otp": otp} if otp else {})})
        )

    def renew(self, refresh_token: str) -> SignedIn:
        """See Logins."""
        return _session(self._ask("refresh", {"refresh_token": refresh_token}))

    def end(self, refresh_token: str) -> None:
        """See Logins."""
        self._ask("logout", {"refresh_token": refresh_token})

    def close(self) -> None:
        """Close the connections."""
        self._directus.close()

    def _ask(self, what: str, body: Mapping[str, str]) -> Any:
        from shared.directus import DirectusNotFoundError, DirectusRejectedError, DirectusTokenError

        try:
            return self._directus.authenticate(what, body)
        except (DirectusTokenError, DirectusRejectedError, DirectusNotFoundError):
            # The answer does not name the wrong part, so that it is no help in guessing.
            raise AuthError(
                "sign-in-refused", "Directus does not accept this. Check what you typed, or sign in anew."
            ) from None

    @cached_property
    def _directus(self) -> Directus:
        """The client; a password is sent once only, since Directus counts attempts."""
        from shared.directus import Directus, RetryPolicy

        return Directus(self._url, "", policy=RetryPolicy(attempts=1), timeout=TIMEOUT_SECONDS)


def _session(data: Mapping[str, Any]) -> SignedIn:
    return SignedIn(str(data["access_token"]), str(data["refresh_token"]), int(data["expires"]) // 1000)
