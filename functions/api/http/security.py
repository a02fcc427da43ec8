"""Authentication before anything of the body is read, and what every protected route gets from it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security, params
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Message, Receive

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies, RecordDependencies
from functions.api.settings import ApiSettings
from shared.auth import AuthError, Caller, ForbiddenError

MAX_JSON = 1_048_576
MAX_MULTIPART_FILE = 4 * 1_048_576
MAX_MULTIPART = MAX_MULTIPART_FILE + 65_536

_JSON = "application/json"
_FORM = "multipart/form-data"
_MAX_DIGITS = 15
_UPLOAD_ADVICE = "Files above 4 MiB go to the address that POST /uploads gives."

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="An access token of Directus, or one signed (HS256) with the same secret.",
)


class BodyTooLargeError(HTTPException):
    """Raised while a body is read, where the framework lets only its own errors through."""

    def __init__(self) -> None:
        super().__init__(413)


class OpenRoute(APIRoute):
    """A route for all callers, which knows its body's type and size before the framework reads the body.

    FastAPI reads the body before it solves dependencies, so that a dependency alone would let any
    client send anything.
    """

    def admit(self, request: Request) -> None:
        """Let a request in before its body is read, or raise."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind the guards."""
        serve = super().get_route_handler()
        body = self.body_field
        form = body is not None and isinstance(body.field_info, params.Form)
        expected = "" if body is None else _FORM if form else _JSON
        limit = MAX_MULTIPART if form else MAX_JSON

        async def guarded(request: Request) -> Response:
            self.admit(request)
            _require_content_type(request, expected)
            _require_length(request, limit)
            try:
                return await serve(Request(request.scope, _limited(request.receive, limit)))
            except BodyTooLargeError:
                raise _too_large(limit) from None

        return guarded


class GuardedRoute(OpenRoute):
    """A route for authenticated callers: checked before anything of the body is read."""

    def admit(self, request: Request) -> None:
        """Keep who calls; raises AuthError."""
        request.state.caller = authenticate(request)


class OperatorRoute(GuardedRoute):
    """A route for administrators; all others are refused before the body is read."""

    def admit(self, request: Request) -> None:
        """Keep who calls; raises AuthError, and ForbiddenError for all but administrators."""
        super().admit(request)
        require_operator(request.state.caller)


def require_operator(caller: Caller) -> None:
    """Refuse all but administrators; raises ForbiddenError."""
    if not caller.admin:
        raise ForbiddenError("Only administrators may operate.")


def token_of(request: Request) -> str:
    """Return the token of a request that was authenticated."""
    return request.headers["authorization"].partition(" ")[2].strip()


def authenticate(request: Request) -> Caller:
    """Return who calls; raises AuthError."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise AuthError("token-invalid", "Send one Authorization header only.")
    scheme, _, token = "".join(headers).partition(" ")
    if not scheme:
        raise AuthError("token-missing", "Send a bearer token in the Authorization header.")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthError("token-invalid", "The Authorization header has to read: Bearer TOKEN.")
    caller: Caller = request.app.state.tokens.verify(token.strip())
    return caller


def _caller(
    request: Request, _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _services(request: Request) -> ApiDependencies:
    dependencies: ApiDependencies = request.app.state.dependencies()
    return dependencies


def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings


CallerDep = Annotated[Caller, Security(_caller)]


def _operator(caller: CallerDep) -> Caller:
    # Again, so that a route that forgets its class is no open door.
    require_operator(caller)
    return caller


OperatorDep = Annotated[Caller, Depends(_operator)]
RecordsDep = Annotated[RecordDependencies, Depends(_services)]
DependenciesDep = Annotated[ApiDependencies, Depends(_services)]
SettingsDep = Annotated[ApiSettings, Depends(_settings)]


def _require_content_type(request: Request, expected: str) -> None:
    """Refuse a body of another type; an empty body is left to validation."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if expected and given != expected:
        raise RequestError(
            "unsupported-media-type",
            f"The body has to be {expected}; see Content-Type.",
            status=415,
        )


def _require_length(request: Request, limit: int) -> None:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > _MAX_DIGITS or int(length) > limit:
        raise _too_large(limit)


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what really comes, whatever Content-Length said."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLargeError
        return message

    return counted


def _too_large(limit: int) -> RequestError:
    return RequestError(
        "payload-too-large", f"The body is larger than {limit} bytes. {_UPLOAD_ADVICE}", status=413
    )
