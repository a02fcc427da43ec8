"""One boto3 client a service, made on first use and kept for the life of the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

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
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")


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
        s3={"addressing_style": _addressing(endpoint_url), "us_east_1_regional_endpoint": "regional"},
        signature_version="s3v4" if service == "s3" else None,
    )
    return boto3.client(service, endpoint_url=endpoint_url or None, config=config)  # type: ignore[call-overload]


def _addressing(endpoint_url: str) -> Literal["path", "virtual"]:
    """Return how S3's addresses name a bucket: emulators in the path, AWS in a host name with the region.

    "auto" would sign for the global name, ``BUCKET.s3.amazonaws.com``: it redirects for up to a day after the
    bucket's creation, and refuses for good in regions that were opened after 20 March 2019.
    """
    host = urlsplit(endpoint_url).hostname or ""
    return "virtual" if not endpoint_url or host.endswith(_AWS_DOMAINS) else "path"


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
