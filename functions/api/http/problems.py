"""Every error as ``application/problem+json`` (RFC 9457): ours, validation's and the framework's.

A problem never repeats what was sent: validation errors name the place and the rule, not the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from shared.auth import AuthError
from shared.errors import ClauseworksError, PermanentError, Problem, TransientError
from shared.observability import logger

MEDIA_TYPE = "application/problem+json"
_CHALLENGE = 'Bearer realm="clauseworks"'
_MAX_ERRORS = 50
_MAX_NAME = 64

_FRAMEWORK = {
    400: ("invalid-body", "Invalid body", "The body could not be read."),
    404: ("not-found", "Not found", "There is nothing at this address."),
    405: ("method-not-allowed", "Method not allowed", "This address does not answer this method; see Allow."),
}
_INTERNAL = Problem(
    "internal-error",
    "Internal error",
    "Something went wrong on our side. Try again; the X-Request-Id header helps support find it.",
    500,
)


class RequestError(ClauseworksError):
    """A request that cannot be served as it stands.

    ``errors`` name the places, as in validation; ``extensions`` are further members of the problem.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 422,
        errors: Sequence[Mapping[str, str]] = (),
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.status = status
        self.extensions = {**(extensions or {}), **({"errors": list(errors)} if errors else {})}


def problem_response(
    problem: Problem,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Response:
    """Return the response that carries a problem; ``extensions`` are members of its own (RFC 9457, 3.2)."""
    body = {**problem.to_dict(), **(extensions or {})}
    return JSONResponse(body, problem.status, headers, MEDIA_TYPE)


def internal_error() -> Response:
    """Return the answer to an unexpected error."""
    return problem_response(_INTERNAL)


def problem_of(error: ClauseworksError) -> Problem:
    """Return the problem that a client sees: what a service refuses to do for us is no fault of theirs."""
    ours = isinstance(error, PermanentError) and error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if ours or type(error) is PermanentError:
        logger.error("Service refused", problem=error.code)
        return _INTERNAL
    return error.problem()


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.exception_handler(ClauseworksError)(_ours)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(HTTPException)(_framework)


async def _ours(_request: Request, error: ClauseworksError) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, AuthError):
        headers["WWW-Authenticate"] = _CHALLENGE
        if error.code != "token-missing":
            headers["WWW-Authenticate"] += f', error="invalid_token", error_description="{error}"'
    if isinstance(error, TransientError):
        headers["Retry-After"] = str(round(error.retry_after or 1) or 1)
    extensions = error.extensions if isinstance(error, RequestError) else None
    return problem_response(problem_of(error), headers, extensions)


async def _validation(_request: Request, error: RequestValidationError) -> Response:
    places = error.errors()
    if any(each["type"] == "json_invalid" for each in places):
        detail = f"The body is not JSON: {places[0]['ctx']['error']} at character {places[0]['loc'][-1]}."
        return problem_response(Problem("invalid-json", "Invalid JSON", detail, 400))
    errors = [{"loc": _place(each["loc"]), "message": each["msg"]} for each in places[:_MAX_ERRORS]]
    detail = "The request does not meet the contract; errors names the places."
    problem = Problem("invalid-request", "Invalid request", detail, 422)
    return problem_response(problem, extensions={"errors": errors})


async def _framework(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405 and request.method == "OPTIONS":  # noqa: PLR2004
        return Response(status_code=204, headers=error.headers)
    code, title, detail = _FRAMEWORK.get(
        error.status_code, ("request-refused", "Request refused", "The request was refused.")
    )
    if error.status_code == 400:  # noqa: PLR2004 - the form parser's word, which holds nothing of the form
        detail = f"{detail} {error.detail}"
    return problem_response(Problem(code, title, detail, error.status_code), error.headers)


def _place(loc: Sequence[str | int]) -> str:
    """Return where an error lies, as ``body.segment_chunks``."""
    return ".".join(str(part)[:_MAX_NAME] for part in loc)
