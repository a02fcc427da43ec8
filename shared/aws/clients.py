"""One boto3 client a service, made on first use and kept for the life of the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from shared.errors import PermanentError, TransientError

_TRANSIENT_CODES = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    # Another write had the item in a transaction: a renewed lease may meet the job's own progress.
    "TransactionConflictException",
    "TransactionInProgressException",
}
_SERVER_ERROR = 500


class AwsRefusedError(PermanentError):
    """A fault of ours, in configuration or code: AWS will refuse the same request again."""

    status = 500


@cache
def client(service: str, endpoint_url: str = "") -> Any:
    """Return the client of a service; an empty endpoint is AWS itself."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "max_attempts": 4},
        s3={"addressing_style": "path" if endpoint_url else "auto"},
        signature_version="s3v4" if service == "s3" else None,
    )
    return boto3.client(service, endpoint_url=endpoint_url or None, config=config)  # type: ignore[call-overload]


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn botocore's errors into ours: transient where another try can help.

    Errors that callers act on (a failed condition, a missing key) are to be caught inside.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _TRANSIENT_CODES or status >= _SERVER_ERROR:
            raise TransientError("aws-unavailable", f"{service} answered {code or status}.") from error
        raise AwsRefusedError("aws-refused", f"{service} refused the request: {code}.") from error
    except BotoCoreError as error:
        raise TransientError(
            "aws-unreachable", f"{service} could not be reached: {type(error).__name__}."
        ) from error
