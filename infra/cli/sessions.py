"""Sessions of Directus: begun with e-mail and password, renewed before each token expires, ended.

The tokens lie in the file of ``config``; commands that run at the same time share them, and one of them
renews for all.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

from infra.cli import config
from infra.cli.config import Config
from infra.cli.errors import NotSignedInError, UnreachableError
from infra.cli.transport import TIMEOUT, problem_of, unreachable
from infra.local.paths import locked

EARLY = 60.0
_OVER = "Your session has ended. Run clauseworks login again."


def begin(url: str, email: str, password: str, otp: str = "") -> Config:
    """Sign in through Directus; raises NotSignedInError and its kin."""
    body = {"email": email, "password": password, **({"otp": otp} if otp else {})}
    return _session(url, _post(url, "login", body))


def end(session: Config) -> None:
    """End a session; its access token holds until it expires."""
    _post(session.url, "logout", {"refresh_token": session.refresh})


class Renewed:
    """Returns the access token of the stored session, renewed where it expires within a minute."""

    def __init__(self, session: Config, environment: Mapping[str, str] = os.environ) -> None:
        self._session = session
        self._environment = environment
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """Return the token; raises NotSignedInError once the session is over, UnreachableError."""
        with self._lock:
            if _seconds_left(self._session.token) < EARLY:
                self._session = self._renewed()
            return self._session.token

    def _renewed(self) -> Config:
        file = config.path(self._environment)
        with locked(file.with_suffix(".lock")):
            stored = config.load(self._session.url, environment={**self._environment, config.TOKEN: ""})
            if not stored.refresh:
                raise NotSignedInError(_OVER)
            if _seconds_left(stored.token) >= EARLY:
                return stored
            try:
                fresh = _session(stored.url, _post(stored.url, "refresh", {"refresh_token": stored.refresh}))
            except NotSignedInError:
                raise NotSignedInError(_OVER) from None
            except UnreachableError:
                if _seconds_left(stored.token) > 0:
                    return stored
                raise
            config.store(fresh, self._environment)
            return fresh


def _post(url: str, what: str, body: Mapping[str, str]) -> dict[str, Any]:
    with unreachable(url), httpx.Client(base_url=url, timeout=TIMEOUT) as api:
        answer = api.post(f"/auth/{what}", json=body)
    if answer.is_error:
        raise problem_of(answer)
    tokens: dict[str, Any] = answer.json() if answer.content else {}
    return tokens


def _session(url: str, tokens: Mapping[str, Any]) -> Config:
    return Config(url, str(tokens["access_token"]), str(tokens["refresh_token"]))


def _seconds_left(token: str) -> float:
    """Return how long a token holds; what it says is for the API to verify."""
    import jwt

    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        return float(claims["exp"]) - time.time()
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return 0.0
