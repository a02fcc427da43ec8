"""The parameters of a stage: as samconfig.toml sets them, and at the longest that anybody would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.errors import LocalError
from infra.local.template import Json

# `Stage` is the part of the names that its pattern bounds.
LONGEST_STAGE = "s" * 16
_URL, _NAME, _EMAIL, _ARN = 128, 64, 254, 128
# Characters of texts that the template does not bound; lists at the length of a long one.
ASSUMED = {
    "Stage": len(LONGEST_STAGE),
    "BaseImage": _URL,
    "AlarmTopicArn": 256,
    "AlarmEmail": _EMAIL,
    "OpenaiBaseUrl": _URL,
    "OpenaiModel": _NAME,
    "OpenaiApiKeyParameter": _NAME,
    "BedrockModel": _ARN,
    # Two: an inference profile and the model behind it.
    "BedrockModelArns": 2 * _ARN,
    "ModelPrices": 256,
    "EmbeddingsModel": _NAME,
    "EmbeddingsUrl": _URL,
    "EmbeddingsKeyParameter": _NAME,
    "EmbeddingsModelArns": 2 * _ARN,
    "VectorBucket": 63,
    "Taxonomy": _NAME,
    "Translators": len("apertium,amazon,openai,bedrock"),
    # Three origins.
    "CorsOrigins": 3 * _NAME,
    "S3PublicEndpoint": _URL,
    "DirectusUrl": _URL,
    "DirectusSecretParameter": _NAME,
    "DirectusTokenParameter": _NAME,
    "PublicUrl": _URL,
    "MailFrom": _NAME,
    # Eight domains.
    "MailAllowed": 256,
    "JwtIssuers": _NAME,
    # Six ids with their commas.
    "SeedRoles": 6 * 37,
}


def given(template: Json, overrides: Sequence[str]) -> dict[str, Any]:
    """Return every parameter's value: that of ``overrides`` (``NAME=VALUE``), else the default."""
    values = dict(entry.split("=", 1) for entry in overrides)
    unknown = sorted(values.keys() - template["Parameters"].keys())
    if unknown:
        raise LocalError(f"samconfig.toml sets parameters that there are not: {', '.join(unknown)}")
    return {
        name: _typed(parameter, str(values.get(name, parameter.get("Default", ""))))
        for name, parameter in template["Parameters"].items()
    }


def longest(template: Json) -> dict[str, Any]:
    """Return every parameter's longest value: the largest number, the longest choice, else ``ASSUMED``."""
    return {
        name: _typed(parameter, _longest(name, parameter))
        for name, parameter in template["Parameters"].items()
    }


def _longest(name: str, parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return max((str(value) for value in parameter["AllowedValues"]), key=len)
    if parameter["Type"] == "Number":
        return max(str(parameter.get("MaxValue", "9" * 15)), str(parameter.get("Default", "")), key=len)
    if name not in ASSUMED:
        raise LocalError(f"how long {name} may be is neither in the template nor in {__name__}.ASSUMED")
    if name == "Stage":
        return LONGEST_STAGE
    return "x" * ASSUMED[name]


def _typed(parameter: Mapping[str, Any], value: str) -> Any:
    return value.split(",") if parameter["Type"] == "CommaDelimitedList" else value
