"""What indexing and searching read from the environment: both have to agree."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import CommonSettings


class RetrievalSettings(CommonSettings):
    """See CommonSettings."""

    embeddings: Literal["local", "openai", "bedrock"] = Field(
        "local", description="Who makes vectors: a model of the image, an endpoint, or Bedrock."
    )
    embeddings_model: str = Field("", description="Model of the endpoint, or Bedrock's model id.")
    embeddings_url: str = Field("", description="Address of an OpenAI-compatible endpoint, up to /v1.")
    embeddings_key: SecretStr = Field(SecretStr(""), description="Key of that endpoint.")
    embeddings_key_parameter: str = Field(
        "", description="SecureString in SSM that holds it, where the environment does not."
    )
    embedding_threads: int = Field(
        0, ge=0, le=64, description="Threads of the local model; 0 for all cores that the process may use."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "local": (),
            "openai": ("embeddings_url", "embeddings_model"),
            "bedrock": ("embeddings_model",),
        }
        missing = [name.upper() for name in needed[self.embeddings] if not getattr(self, name)]
        if missing:
            raise ValueError(f"EMBEDDINGS={self.embeddings} needs {' and '.join(missing)}")
        return self
