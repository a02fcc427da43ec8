"""Embeddings by Amazon Bedrock: Cohere's multilingual models and Amazon's Titan, through ``InvokeModel``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.analyze.search.embeddings.port import normalised
from shared.aws.clients import client, translated
from shared.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

# Cohere takes 96 texts of at most 2048 characters a call, Titan one of 50,000; the rest would be refused.
_COHERE_BATCH = 96
_COHERE_CHARACTERS = 2048
_TITAN_BATCH = 16
_TITAN_CHARACTERS = 50_000


class BedrockEmbeddings:
    """See Embeddings; ``model`` is a Bedrock model id. Raises PermanentError for a family we do not know."""

    def __init__(self, model: str, endpoint_url: str = "") -> None:
        self.name = f"bedrock/{model}"
        self._model = model
        self._endpoint_url = endpoint_url
        self._cohere = "cohere.embed" in model
        if not self._cohere and "titan-embed-text-v2" not in model:
            raise PermanentError(
                "embeddings-not-configured",
                f"EMBEDDINGS_MODEL {model!r} is neither a Cohere Embed nor a Titan Text Embeddings V2 model.",
            )
        self.batch = _COHERE_BATCH if self._cohere else _TITAN_BATCH

    def passages(self, texts: Sequence[str]) -> Matrix:
        """See Embeddings."""
        return self._embed(texts, "search_document")

    def query(self, text: str) -> Matrix:
        """See Embeddings."""
        vector: Matrix = self._embed([text], "search_query")[0]
        return vector

    def _embed(self, texts: Sequence[str], purpose: str) -> Matrix:
        if self._cohere:
            cut = [text[:_COHERE_CHARACTERS] for text in texts]
            answer = self._invoke({"texts": cut, "input_type": purpose, "truncate": "END"})
            rows = answer.get("embeddings")
        else:
            bodies = [{"inputText": text[:_TITAN_CHARACTERS], "normalize": True} for text in texts]
            rows = [self._invoke(body).get("embedding") for body in bodies]
        if not isinstance(rows, list) or len(rows) != len(texts) or not all(rows):
            raise TransientError("embeddings-unusable", "Bedrock gave no vector for each text.")
        return normalised(rows)

    def _invoke(self, body: dict[str, Any]) -> dict[str, Any]:
        with translated("Bedrock"):
            answer = client("bedrock-runtime", self._endpoint_url).invoke_model(
                modelId=self._model,
                body=json.dumps(body),
                contentType="application/json",
                accept="application/json",
            )
        reply: dict[str, Any] = json.loads(answer["body"].read())
        return reply
