"""The file store on S3: versioned objects in one bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.aws.clients import client, translated
from shared.errors import TransientError
from shared.files.port import FileInfo, FileMissingError, UploadForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVICE = "S3"
_PIECE = 1024 * 1024
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}


class S3Files:
    """See Files for the contract of every method.

    ``public_endpoint`` is the endpoint that links and forms are signed for, where a browser cannot
    reach the one that the function itself uses.
    """

    def __init__(self, bucket: str, endpoint_url: str = "", public_endpoint: str = "") -> None:
        self._bucket = bucket
        self._endpoint_url = endpoint_url
        self._public_endpoint = public_endpoint or endpoint_url

    @property
    def _s3(self) -> S3Client:
        return client("s3", self._endpoint_url)  # type: ignore[no-any-return]

    @property
    def _signer(self) -> S3Client:
        return client("s3", self._public_endpoint)  # type: ignore[no-any-return]

    def put(self, key: str, data: bytes, media_type: str) -> FileInfo:
        """Store an object."""
        with translated(_SERVICE):
            answer = self._s3.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=media_type)
        return FileInfo(key, answer.get("VersionId", ""), len(data), media_type)

    def get(self, key: str, version_id: str = "") -> bytes:
        """Return an object's bytes."""
        return b"".join(self.stream(key, version_id))

    def stream(self, key: str, version_id: str = "") -> Iterator[bytes]:
        """Yield an object's bytes in pieces."""
        with _translated(key):
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **_version(version_id))
            yield from answer["Body"].iter_chunks(_PIECE)

    def head(self, key: str, version_id: str = "") -> FileInfo | None:
        """Describe an object."""
        try:
            with _translated(key):
                answer = self._s3.head_object(Bucket=self._bucket, Key=key, **_version(version_id))
        except FileMissingError:
            return None
        return FileInfo(
            key, answer.get("VersionId", ""), answer["ContentLength"], answer.get("ContentType", "")
        )

    def delete_prefix(self, prefix: str) -> int:
        """Remove all versions and delete markers below a prefix."""
        keys: set[str] = set()
        with translated(_SERVICE):
            pages = self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for page in pages:
                versions: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if not versions:
                    continue
                doomed: list[Any] = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]
                answer = self._s3.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": doomed, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise TransientError("aws-unavailable", "S3 did not delete every object.")
                keys |= {version["Key"] for version in versions}
        return len(keys)

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str:
        """Return a presigned GET; the browser saves it under ``file_name``."""
        return self._signer.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": media_type,
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
            },
            ExpiresIn=seconds,
        )

    def upload_form(self, key: str, *, media_type: str, max_size: int, seconds: int) -> UploadForm:
        """Return a presigned POST; S3 refuses other types and bodies above ``max_size`` bytes."""
        form = self._signer.generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields={"Content-Type": media_type},
            Conditions=[{"Content-Type": media_type}, ["content-length-range", 1, max_size]],
            ExpiresIn=seconds,
        )
        return UploadForm(form["url"], dict(form["fields"]))


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Translate errors, S3's several ways to say "not there" among them."""
    from botocore.exceptions import ClientError

    with translated(_SERVICE):
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise FileMissingError(key) from error
            raise


def _version(version_id: str) -> dict[str, Any]:
    return {"VersionId": version_id} if version_id else {}
