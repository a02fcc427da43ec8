"""What the analyze function reads from its environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from functions.analyze.engines.llm.settings import ModelSettings
from functions.analyze.search.index_settings import RetrievalSettings

TranslatorName = Literal["apertium", "amazon", "openai", "bedrock"]


class AnalyzeSettings(ModelSettings, RetrievalSettings):
    """See RetrievalSettings and ModelSettings; lists are separated by commas."""

    engine: Literal["rules", "openai", "bedrock"] = Field(
        "rules", description="Engine of jobs that name none."
    )
    taxonomy: str = Field("travel-insurance", description="Name of a shipped taxonomy, or a file's path.")
    ocr_engine: Literal["ppocr", "off"] = Field("ppocr", description="What reads pages without a text layer.")
    max_pages: int = Field(2000, ge=1, description="Pages above which a document is refused.")
    translators: Annotated[tuple[TranslatorName, ...], NoDecode] = Field(
        ("apertium",),
        description="Translators in the order in which they are asked: apertium (offline), amazon, and the "
        "models openai and bedrock where they are configured.",
    )
    summariser: Literal["extractive", "openai", "bedrock"] = Field(
        "extractive", description="Who writes summaries: the document's own sentences, or a configured model."
    )
    indexing: bool = Field(
        True, description="Whether an index and pictures of the pages follow each analysis."
    )
    directus_token: SecretStr = Field(SecretStr(""), description="Static token of the service's user.")
    directus_token_parameter: str = Field(
        "", description="SecureString in SSM that holds it, where the environment does not."
    )
    lease_seconds: int = Field(90, ge=3, description="Seconds after which a silent worker loses its job.")
    reserve_seconds: int = Field(
        30, ge=1, description="Seconds of an invocation kept for saving and handing over."
    )

    @field_validator("translators", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value
