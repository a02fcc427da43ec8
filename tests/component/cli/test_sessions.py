"""Sessions of the command line: renewed in time, once for all who share them, and never lost by trouble."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest

from infra.cli import config, sessions
from infra.cli.config import Config
from infra.cli.errors import NotSignedInError, UnreachableError
from infra.cli.sessions import Renewed


def token(seconds: float, number: int = 0) -> str:
    return jwt.encode({"exp": time.time() + seconds, "number": number}, "s" * 32, algorithm="HS256")


class Api:
    """The calls of signing in: each refresh token is good once."""

    def __init__(self) -> None:
        self.good = "r0"
        self.renewals = 0
        self.status = 0
        self.ended: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, answer = api.answer(self.path, body)
                data = json.dumps(answer).encode() if answer else b""
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Api:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, path: str, body: dict[str, str]) -> tuple[int, dict[str, object]]:
        if self.status:
            return self.status, {"detail": "Trouble."}
        if path == "/auth/logout":
            self.ended.append(body["refresh_token"])
            return 204, {}
        if path == "/auth/login" and body["password"] != "right":
            return 401, {"detail": "Directus does not accept this."}
        if path == "/auth/refresh":
            if body["refresh_token"] != self.good:
                return 401, {"detail": "Directus does not accept this."}
            self.renewals += 1
            self.good = f"r{self.renewals}"
        tokens = {"access_token": token(900, self.renewals), "refresh_token": self.good, "expires_in": 900}
        return 200, dict(tokens)


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.delenv(config.TOKEN, raising=False)
    return {"HOME": str(tmp_path)}


def stored(api: Api, home: dict[str, str], seconds: float) -> Config:
    session = Config(api.url, token(seconds), "r0")
    config.store(session, home)
    return session


def test_a_session_begins_with_a_password(api: Api) -> None:
    begun = sessions.begin(api.url, "me@example.com", "right", "123456")
    assert (begun.url, begun.refresh) == (api.url, "r0")
    with pytest.raises(NotSignedInError, match="does not accept"):
        sessions.begin(api.url, "me@example.com", "wrong")


def test_a_token_that_holds_is_left_alone(api: Api, home: dict[str, str]) -> None:
    session = stored(api, home, 120)
    assert Renewed(session, home)() == session.token
    assert api.renewals == 0


@pytest.mark.parametrize("seconds", [59, -5])
def test_a_token_is_renewed_within_its_last_minute_and_kept(
    api: Api, home: dict[str, str], seconds: float
) -> None:
    session = stored(api, home, seconds)
    renewed = Renewed(session, home)
    fresh = renewed()
    assert fresh != session.token
    assert renewed() == fresh
    kept = config.load(api.url, environment=home)
    assert (kept.token, kept.refresh) == (fresh, "r1")
    assert config.path(home).stat().st_mode & 0o777 == 0o600


def test_all_who_share_a_session_renew_it_once(api: Api, home: dict[str, str]) -> None:
    session = stored(api, home, 5)
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: Renewed(session, home)(), range(8)))
    assert len(tokens) == 1
    assert api.renewals == 1


def test_a_session_that_was_ended_elsewhere_is_over(api: Api, home: dict[str, str]) -> None:
    session = stored(api, home, 30)
    api.good = "another"
    with pytest.raises(NotSignedInError, match="clauseworks login"):
        Renewed(session, home)()
    config.forget(home)
    with pytest.raises(NotSignedInError, match="clauseworks login"):
        Renewed(session, home)()


def test_trouble_while_renewing_uses_the_token_up(api: Api, home: dict[str, str]) -> None:
    session = stored(api, home, 30)
    api.status = 503
    assert Renewed(session, home)() == session.token
    late = stored(api, home, -1)
    with pytest.raises(UnreachableError):
        Renewed(late, home)()
    api.status = 0
    assert Renewed(late, home)() != late.token


def test_a_session_is_ended(api: Api) -> None:
    sessions.end(Config(api.url, token(5), "r0"))
    assert api.ended == ["r0"]


@pytest.mark.parametrize("damaged", ["", "a.b.c", "no token"])
def test_what_is_no_token_is_renewed(api: Api, home: dict[str, str], damaged: str) -> None:
    session = Config(api.url, damaged, "r0")
    config.store(session, home)
    assert Renewed(session, home)().count(".") == 2
