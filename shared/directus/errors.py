"""What Directus answers when it refuses, in our terms.

TransientError      throttled, under pressure, broken or not reachable
PermanentError      everything that Directus rejects for good
├── DirectusTokenError      the token is wrong or has expired
├── DirectusNotFoundError   not there, or not for this token: Directus does not say which
└── DirectusRejectedError   the request is understood and refused
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from shared.errors import ClauseworksError, PermanentError, TransientError
from shared.retry import retry_after

MAX_MESSAGE = 200

_TOKEN_CODES = {"INVALID_CREDENTIALS", "TOKEN_EXPIRED", "INVALID_TOKEN"}
# GraphQL answers 200 whatever happens, so the code alone says what it was.
_STATUS_OF_CODE = {
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "INVALID_CREDENTIALS": HTTPStatus.UNAUTHORIZED,
    "TOKEN_EXPIRED": HTTPStatus.UNAUTHORIZED,
    "INVALID_TOKEN": HTTPStatus.FORBIDDEN,
    "REQUESTS_EXCEEDED": HTTPStatus.TOO_MANY_REQUESTS,
    "SERVICE_UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "UNDER_PRESSURE": HTTPStatus.SERVICE_UNAVAILABLE,
    "INTERNAL_SERVER_ERROR": HTTPStatus.INTERNAL_SERVER_ERROR,
}


class DirectusTokenError(PermanentError):
    """Directus does not accept the token."""

    def __init__(self, code: str) -> None:
        super().__init__(
            "directus-token-refused", f"Directus refuses the token ({code}). Check or renew DIRECTUS_TOKEN."
        )


class DirectusNotFoundError(PermanentError):
    """The item, collection or field is not there, or the token may not see it."""

    status = 404

    def __init__(self, target: str, message: str = "") -> None:
        reason = f" Directus says: {message}" if message else ""
        super().__init__(
            "directus-not-found", f"{target} was not found in Directus or is not allowed.{reason}"
        )


class DirectusRejectedError(PermanentError):
    """Directus refuses what it was sent; ``reason`` is its own code, ``message`` its own words."""

    def __init__(self, target: str, reason: str, message: str) -> None:
        super().__init__("directus-rejected", f"Directus rejects {target}: {reason} {message}".rstrip())
        self.reason = reason
        self.message = message


def error_of_response(target: str, status: int, headers: Mapping[str, str], body: bytes) -> ClauseworksError:
    """Return the error that an answer with a status above 299 stands for; ``target`` says of what."""
    code, message = _first_error(body)
    return _error(target, status, code, message, retry_after(headers.get("retry-after", "")))


def error_of_graphql(errors: object) -> ClauseworksError:
    """Return the error that the ``errors`` of a GraphQL answer stand for."""
    code, message = _describe(errors)
    return _error("GraphQL query", _STATUS_OF_CODE.get(code, HTTPStatus.BAD_REQUEST), code, message, None)


def unavailable(target: str, reason: str) -> TransientError:
    """Return the error for a server that does not answer, or not in full."""
    return TransientError("directus-unavailable", f"Directus cannot be reached for {target}: {reason}.")


def _error(target: str, status: int, code: str, message: str, wait: float | None) -> ClauseworksError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError("directus-throttled", f"Directus throttles {target}.", retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        detail = f"Directus answers {status} {code} to {target}."
        return TransientError("directus-unavailable", detail, retry_after=wait)
    if status == HTTPStatus.UNAUTHORIZED or code in _TOKEN_CODES:
        return DirectusTokenError(code or str(status))
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return DirectusNotFoundError(target, message)
    return DirectusRejectedError(target, code or str(status), message)


def _first_error(body: bytes) -> tuple[str, str]:
    try:
        answer = json.loads(body)
    except ValueError:
        return "", ""
    return _describe(answer.get("errors") if isinstance(answer, dict) else None)


def _describe(errors: object) -> tuple[str, str]:
    """Return code and message of the first error, the message cut to one short line.

    GraphQL hides what is wrong with a query in a list of its own below the general message.
    """
    if not (isinstance(errors, list) and errors and isinstance(errors[0], dict)):
        return "", ""
    first: dict[str, Any] = errors[0]
    extensions = first.get("extensions")
    details: dict[str, Any] = extensions if isinstance(extensions, dict) else {}
    code, message = str(details.get("code", "")), str(first.get("message", ""))
    _, inner = _describe(details.get("errors"))
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in f"{message} {inner}".strip())
    return code, text[:MAX_MESSAGE]
