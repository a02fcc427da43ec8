"""Embeddings by an OpenAI-compatible endpoint: ``POST {url}/embeddings``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx

from functions.analyze.search.embeddings.port import normalised
from shared.errors import PermanentError, TransientError
from shared.retry import retry_after

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix
    from shared.aws.ssm import Secret

BATCH = 64
_TIMEOUT = httpx.Timeout(60, connect=5)
_AGAIN = {408, 409, 425, 429}
_SERVER_ERROR = 500
_OK = 200


class OpenAIEmbeddings:
    """See Embeddings. The key is sent as a bearer token where there is one."""

    batch = BATCH

    def __init__(
        self, url: str, model: str, key: Secret, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = f"openai/{model}"
        self._model = model
        self._key = key
        self._client = httpx.Client(base_url=url.rstrip("/") + "/", timeout=_TIMEOUT, transport=transport)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """See Embeddings."""
        answer = self._ask({"model": self._model, "input": list(texts), "encoding_format": "float"})
        try:
            rows = [entry["embedding"] for entry in sorted(answer["data"], key=lambda entry: entry["index"])]
            matrix = normalised(rows)
        except (KeyError, TypeError, ValueError) as error:
            raise _unusable() from error
        if matrix.ndim != 2 or len(matrix) != len(texts):  # noqa: PLR2004 - rows and columns
            raise _unusable()
        return matrix

    def query(self, text: str) -> Matrix:
        """See Embeddings."""
        vector: Matrix = self.passages([text])[0]
        return vector

    def _ask(self, body: dict[str, Any]) -> Any:
        key = self._key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = self._client.post("embeddings", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise TransientError(
                "embeddings-unreachable", f"The embedding service did not answer: {type(error).__name__}."
            ) from error
        if answer.status_code in _AGAIN or answer.status_code >= _SERVER_ERROR:
            raise TransientError(
                "embeddings-unavailable",
                f"The embedding service answered {answer.status_code}.",
                retry_after=retry_after(answer.headers.get("retry-after")),
            )
        if answer.status_code != _OK:
            raise PermanentError(
                "embeddings-refused",
                f"The embedding service refused the request with {answer.status_code}. "
                "Check EMBEDDINGS_URL, EMBEDDINGS_MODEL and the key.",
            )
        try:
            return answer.json()
        except ValueError as error:
            raise _unusable() from error


def _unusable() -> TransientError:
    return TransientError("embeddings-unusable", "The embedding service gave no vector for each text.")
