"""What the engines that ask a model read from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ModelSettings(BaseSettings):
    """An engine without its model, or its address, is not configured."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    openai_base_url: str = Field("", description="Address of an OpenAI-compatible endpoint, as .../v1.")
    openai_model: str = Field("", description="Model of the engine openai.")
    openai_api_key: SecretStr = Field(SecretStr(""), description="Key of that endpoint.")
    openai_api_key_parameter: str = Field(
        "", description="SecureString in SSM that holds it, where the environment does not."
    )
    bedrock_model: str = Field("", description="Model or inference profile of the engine bedrock.")
    model_reply_tokens: int = Field(4096, ge=256, description="Longest reply of a model, in tokens.")
    model_timeout_seconds: int = Field(90, ge=1, description="Seconds that one request may take.")
    model_concurrency: int = Field(4, ge=1, le=32, description="Requests of one job at the same time.")
    model_prices: Mapping[str, tuple[float, float]] = Field(
        default_factory=dict,
        description="USD for a million tokens read and written, by model, as JSON.",
    )
    model_job_tokens: int = Field(
        1_000_000, ge=0, description="Most tokens that one job may use; 0 for no bound."
    )
    model_job_usd: float = Field(
        0, ge=0, description="Most US dollars that one job may cost; 0 for no bound."
    )
    hybrid_sure: float = Field(
        0.85, ge=0, le=1, description="Confidence from which on hybrid jobs ask no model about a finding."
    )
