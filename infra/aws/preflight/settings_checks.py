"""What the stage's own settings, this machine and boto3's data say; no account is asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.aws.preflight.facts import Finding, Level
from infra.aws.preflight.stage import Stage
from infra.local.template import Json

DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
SAMCONFIG = "samconfig.toml"


def settings(stage: Stage) -> Finding:
    """Tell whether the template takes every setting, and what belongs together is set together."""
    parameters = stage.parameters
    wrong = [f"{name} is no parameter of the template" for name in stage.given if name not in parameters]
    wrong += [f"{name} has no value" for name in parameters if name not in stage.values]
    wrong += [
        f"{name}={stage.given[name]}: {reason}"
        for name, parameter in parameters.items()
        if name in stage.given and (reason := _refused(stage.given[name], parameter))
    ]
    wrong += _unfinished(stage)
    if wrong:
        mend = f"correct parameter_overrides of [{stage.name}.deploy.parameters] in {SAMCONFIG}"
        return Finding("settings", Level.STOP, "; ".join(wrong), [mend])
    return Finding("settings", Level.OK, f"{len(stage.given)} of {SAMCONFIG}, the others as in the template")


def base_image(stage: Stage) -> Finding:
    """Tell whether images of production are built on one exact base."""
    image = stage.value("BaseImage")
    if DIGEST.search(image):
        return Finding("base image", Level.OK, image)
    if not stage.is_production:
        return Finding("base image", Level.OK, f"{image} (whatever this name means today)")
    return Finding(
        "base image",
        Level.STOP,
        f"{image} has no digest: it may be another image at the next build",
        [
            "ask the registry for one, and set it as BaseImage of the stage in samconfig.toml:",
            f"$ python -m infra.images digest --write --stage {stage.name}",
        ],
    )


def alarms(stage: Stage) -> Finding:
    """Tell whether somebody is told of alarms and of the budget; in production somebody has to be."""
    email, topic = stage.value("AlarmEmail"), stage.value("AlarmTopicArn")
    budget = stage.number("MonthlyBudget")
    told = email or topic
    if budget > 0 and not email:
        return Finding(
            "alarms, budget",
            Level.STOP,
            f"MonthlyBudget is {budget:g} USD, but AlarmEmail is empty: no budget would be made, nobody told",
            ["set AlarmEmail=you@example.com of the stage in samconfig.toml, or MonthlyBudget=0"],
        )
    if stage.is_production and not told:
        return Finding(
            "alarms, budget",
            Level.STOP,
            "alarms would reach nobody: AlarmEmail and AlarmTopicArn are empty",
            ["set AlarmEmail=you@example.com of the stage in samconfig.toml (or AlarmTopicArn=arn:...)"],
        )
    if stage.is_production and not budget:
        return Finding(
            "alarms, budget",
            Level.WARNING,
            f"alarms go to {told}; no budget watches what the stage costs",
            ["set MonthlyBudget=USD (and AlarmEmail) of the stage in samconfig.toml"],
        )
    seen = (
        f"alarms go to {told}"
        if told
        else "alarms reach nobody (AlarmEmail is empty), which only prod refuses"
    )
    return Finding(
        "alarms, budget", Level.OK, f"{seen}; " + (f"{budget:g} USD a month" if budget else "no budget")
    )


def tools(wrong: Mapping[str, str]) -> list[Finding]:
    """Turn the programs that a deployment needs, each with what is wrong with it or "", into findings."""
    return [
        Finding(tool, Level.STOP, reason, ["install or start it, then ask again"])
        if reason
        else Finding(tool, Level.OK, "ready")
        for tool, reason in wrong.items()
    ]


def _refused(value: str, parameter: Json) -> str:
    """Return why CloudFormation would refuse a value, or ""."""
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return f"one of {', '.join(map(str, parameter['AllowedValues']))}"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return f"has to match {parameter['AllowedPattern']}"
    if parameter["Type"] == "Number":
        return _out_of_range(value, parameter)
    return ""


def _out_of_range(value: str, parameter: Json) -> str:
    try:
        number = float(value)
    except ValueError:
        return "has to be a number"
    least, most = parameter.get("MinValue"), parameter.get("MaxValue")
    if least is not None and number < float(least):
        return f"at least {least}"
    if most is not None and number > float(most):
        return f"at most {most}"
    return ""


def _unfinished(stage: Stage) -> list[str]:
    """Return what an engine, an index or a translator lacks that the stage asks for."""
    wrong = []
    models = (stage.value("Engine"), stage.value("Summariser"), *stage.value("Translators").split(","))
    if "openai" in models and not (stage.value("OpenaiBaseUrl") and stage.value("OpenaiModel")):
        wrong.append("openai is asked for, but OpenaiBaseUrl or OpenaiModel is empty")
    if "bedrock" in models and not stage.value("BedrockModel"):
        wrong.append("bedrock is asked for, but BedrockModel is empty")
    if stage.value("BedrockModel") and "BedrockModelArns" not in stage.given:
        wrong.append("BedrockModel needs BedrockModelArns, what may be invoked")
    if stage.value("Embeddings") == "openai" and not stage.value("EmbeddingsUrl"):
        wrong.append("Embeddings=openai needs EmbeddingsUrl")
    if stage.value("Embeddings") != "local" and not stage.value("EmbeddingsModel"):
        wrong.append(f"Embeddings={stage.value('Embeddings')} needs EmbeddingsModel")
    if stage.value("Embeddings") == "bedrock" and "EmbeddingsModelArns" not in stage.given:
        wrong.append("Embeddings=bedrock needs EmbeddingsModelArns, what may be invoked")
    return wrong
