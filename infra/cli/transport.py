"""Sends the requests of the client: problems become exceptions, what may pass is tried again."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.cli.errors import CliError, NotFoundError, NotSignedInError, UnreachableError

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
TRIES = 4
LONGEST_WAIT = 20.0
_FORBIDDEN, _MISSING, _PASSING, _TROUBLE = {401, 403}, {404, 410}, {429}, 500

Token = str | Callable[[], str]
# Gets the bytes that have gone, and of how many; 0 where that is not known.
ProgressCallback = Callable[[int, int], None]


def ignore_progress(_done: int, _size: int) -> None:
    """Do nothing with the progress of a transfer."""


class Transport:
    """One address and one token, which may be given as what returns it; safe to share between threads.

    Every method raises CliError and its kin.
    """

    def __init__(self, url: str, token: Token, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, auth=_Bearer(token), timeout=TIMEOUT, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, method: str, path: str, *, repeat: bool = False, **request: Any) -> httpx.Response:
        """Send a request and return a good answer.

        Requests that read, those with a key that makes a repetition harmless, and those that ``repeat`` says
        so of, are tried again where the API is busy or does not answer.
        """
        repeat = repeat or method == "GET" or "Idempotency-Key" in request.get("headers", {})
        for tried in range(1, TRIES + 1):
            try:
                with unreachable(str(self._http.base_url)):
                    answer = self._http.request(method, path, **request)
                if not answer.is_error:
                    return answer
                raise problem_of(answer)
            except UnreachableError as error:
                if tried == TRIES or not repeat:
                    raise
                time.sleep(min(error.retry_after or 0.3 * 2**tried, LONGEST_WAIT))
        raise AssertionError("unreachable")

    def fetch(self, path: str, progress: ProgressCallback = ignore_progress) -> bytes:
        """Return a file, from where the API's signed link leads; the token stays behind."""
        answer = self.send("GET", path)
        if not answer.has_redirect_location:
            return answer.content
        data = bytearray()
        with (
            unreachable("the store of files"),
            httpx.stream("GET", answer.headers["location"], timeout=TIMEOUT) as file,
        ):
            file.raise_for_status()
            size = int(file.headers.get("content-length", 0))
            for piece in file.iter_bytes():
                data += piece
                progress(len(data), size)
        return bytes(data)

    def store(
        self, url: str, fields: Mapping[str, str], path: Path, progress: ProgressCallback = ignore_progress
    ) -> None:
        """Send a file to the store of files by a form of the API, piece by piece."""
        with unreachable("the store of files"), _Counted(path, progress) as file:
            sent = {"file": (path.name, file)}
            httpx.post(url, data=fields, files=sent, timeout=TIMEOUT).raise_for_status()

    def events(self, path: str) -> Iterator[str]:
        """Yield the data of an event stream until 204 ends it; one that ends or breaks is taken up again.

        Raises UnreachableError once the API has not answered some times in a row.
        """
        last, failures, pause = "", 0, 0.25
        while True:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            try:
                with self._http.stream("GET", path, headers=headers) as answer:
                    if answer.status_code == httpx.codes.NO_CONTENT:
                        return
                    if answer.is_error:
                        answer.read()
                        raise problem_of(answer)
                    failures = 0
                    for name, value in _fields(answer.iter_lines()):
                        if name == "id":
                            last = value
                        elif name == "retry":
                            pause = int(value) / 1000
                        elif name == "data":
                            yield value
            except (httpx.HTTPError, UnreachableError) as error:
                failures += 1
                if failures == TRIES:
                    raise UnreachableError(f"The connection was lost ({type(error).__name__}).") from error
            time.sleep(min(pause * 2**failures, LONGEST_WAIT))


class _Counted(io.FileIO):
    """A file that reports how much of it was read."""

    def __init__(self, path: Path, progress: ProgressCallback) -> None:
        super().__init__(path)
        self._progress = progress
        self._size = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._progress(self.tell(), self._size)
        return data


class _Bearer(httpx.Auth):
    """Asks for the token before each request: it may have been renewed."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


@contextmanager
def unreachable(place: str) -> Iterator[None]:
    """Turn errors of the network into ours, which name the place and no token."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(
            f"Nothing answers at {place} ({type(error).__name__}). Is the address right, and the API running?"
        ) from None


def problem_of(answer: httpx.Response) -> CliError:
    """Return the exception for a problem document, with the places of what was wrong."""
    try:
        document = answer.json()
    except ValueError:
        document = {}
    detail = document.get("detail") or f"The API answered {answer.status_code}."
    places = [f"\n  {error['loc']}: {error['message']}" for error in document.get("errors") or ()]
    kind = CliError
    if answer.status_code in _FORBIDDEN:
        kind = NotSignedInError
    elif answer.status_code in _MISSING:
        kind = NotFoundError
    elif answer.status_code in _PASSING or answer.status_code >= _TROUBLE:
        kind = UnreachableError
    wait = answer.headers.get("retry-after", "")
    problem = str(document.get("type", "")).rpartition(":")[2]
    return kind(detail + "".join(places), problem, float(wait) if wait.isdecimal() else 0.0)


def _fields(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the fields of an event stream; see the HTML standard, section 9.2."""
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name:
            yield name, value.removeprefix(" ")
