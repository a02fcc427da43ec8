"""Makes the engines that the settings configure, and says what the others lack."""

from __future__ import annotations

from functions.analyze.engines.llm import bedrock, openai
from functions.analyze.engines.llm.engine import ProviderEngine, RequestPolicy, no_meter
from functions.analyze.engines.llm.port import Provider
from functions.analyze.engines.llm.settings import ModelSettings
from functions.analyze.engines.llm.usage import Budget, Meter
from functions.analyze.engines.port import Engine
from shared.aws.ssm import Secret

MISSING = {
    openai.NAME: "It needs OPENAI_BASE_URL and OPENAI_MODEL, and mostly a key (OPENAI_API_KEY_PARAMETER).",
    bedrock.NAME: "It needs BEDROCK_MODEL.",
}


def model_engines(
    s: ModelSettings, rules: Engine, *, endpoint_url: str = "", meter: Meter = no_meter
) -> dict[str, ProviderEngine]:
    """Return the configured engines by name; nothing is connected to yet.

    ``endpoint_url`` is that of an AWS emulator, ``meter`` takes metrics by name.
    """
    policy = RequestPolicy(
        concurrency=s.model_concurrency,
        budget=Budget(s.model_job_tokens, s.model_job_usd),
        prices=s.model_prices,
        sure=s.hybrid_sure,
    )
    return {
        provider.name: ProviderEngine(provider, policy, rules, meter=meter)
        for provider in _providers(s, endpoint_url)
    }


def _providers(s: ModelSettings, endpoint_url: str) -> list[Provider]:
    providers: list[Provider] = []
    if s.openai_base_url and s.openai_model:
        key = Secret(s.openai_api_key.get_secret_value(), s.openai_api_key_parameter, endpoint_url)
        providers.append(
            openai.OpenAIProvider(
                s.openai_base_url,
                key,
                s.openai_model,
                reply_tokens=s.model_reply_tokens,
                timeout=s.model_timeout_seconds,
            )
        )
    if s.bedrock_model:
        providers.append(
            bedrock.BedrockProvider(
                s.bedrock_model,
                endpoint_url=endpoint_url,
                reply_tokens=s.model_reply_tokens,
                timeout=s.model_timeout_seconds,
            )
        )
    return providers
