"""From template.yaml to the template that an emulator can run. Pure: dictionaries in, dictionaries out."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra.local.errors import LocalError
from infra.local.template import Json, resources_of

FUNCTION = "AWS::Serverless::Function"
IMAGE_SUFFIX = "-image"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

# Their only statements refuse plain HTTP, which is what an emulator on the loopback speaks.
TLS_ONLY = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")


# The gateway's logs, and the account's role for them.
OF_ACCESS_LOGS = ("AccessLogGroup", "GatewayAccount", "GatewayRole")


@dataclass(frozen=True, slots=True)
class Code:
    """Where a function's zip lies in S3, and what its environment needs on top of the template's."""

    bucket: str
    key: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """The image that a function runs, how it is entered, and what its environment needs on top."""

    uri: str
    entry_point: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def function_packages(template: Json) -> dict[str, str]:
    """Return the package of every function (``api``, ``analyze``, ...) by its logical name."""
    return {name: _handler(name, function).split(".")[1] for name, function in _functions(template).items()}


def derive(template: Json, code: Mapping[str, Code | ContainerImage], parameters: Mapping[str, str]) -> Json:
    """Return the local form: functions as zips or images of this machine, nothing kept or protected.

    Rules on TLS and on parameters, alarms on metric math and the gateway's logs are left out. ``code``
    holds one entry for each function's logical name, ``parameters`` the values that differ from the defaults.
    All else, roles, queues, limits of concurrency, schedules and alarms included, stays.
    """
    local = copy.deepcopy(template)
    resources = local["Resources"]
    local.pop("Rules", None)
    for name, function in _functions(local).items():
        handler = _handler(name, function)
        resources[name].pop("Metadata", None)
        source = code[name]
        function.update(_placed(function, source, handler))
        function.setdefault("Environment", {}).setdefault("Variables", {}).update(source.environment)
        _number_limits(function, template, parameters)
    _allow_converse(local)
    for kind in TLS_ONLY:
        for name in resources_of(local, kind):
            del resources[name]
    _forget_access_logs(local)
    for name, alarm in resources_of(local, "AWS::CloudWatch::Alarm").items():
        # The embedded emulator refuses a template with an alarm on metric math.
        if "Metrics" in alarm:
            del resources[name]
    for role in resources_of(local, "AWS::IAM::Role").values():
        _loosen_mail(role)
    for table in resources_of(local, "AWS::DynamoDB::Table").values():
        table.pop("DeletionProtectionEnabled", None)
    for resource in resources.values():
        resource.pop("DeletionPolicy", None)
        resource.pop("UpdateReplacePolicy", None)
    return local


def _forget_access_logs(local: Json) -> None:
    """Leave out the gateway's logs and the account's role for them: emulators write none."""
    for name in OF_ACCESS_LOGS:
        local["Resources"].pop(name, None)
    for resource in local["Resources"].values():
        for setting in ("AccessLogSetting", "AccessLogSettings"):
            resource.get("Properties", {}).pop(setting, None)


def _loosen_mail(role: Json) -> None:
    """Let a role that sends e-mail do so as anybody: emulators see neither the sender nor the identity."""
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Action") == "ses:SendEmail":
                statement["Resource"] = "*"
                statement.pop("Condition", None)


def _allow_converse(local: Json) -> None:
    """Name Converse beside InvokeModel: AWS authorises it as that, the embedded emulator by its own name."""
    for policy in resources_of(local, "AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Action") == "bedrock:InvokeModel":
                statement["Action"] = ["bedrock:InvokeModel", "bedrock:Converse"]


def _placed(function: Json, source: Code | ContainerImage, handler: str) -> Json:
    """Return where the function's code lies; a zip's function loses what only images have."""
    if isinstance(source, ContainerImage):
        config = {"Command": [handler], "EntryPoint": list(source.entry_point)}
        name = function["FunctionName"]
        return {
            "ImageUri": source.uri,
            "ImageConfig": config,
            # A named function cannot change from zip to image; its log group is the same all the same.
            "FunctionName": {"Fn::Join": ["", [name, IMAGE_SUFFIX]]},
            "LoggingConfig": {"LogGroup": {"Fn::Join": ["", ["/aws/lambda/", name]]}},
        }
    for image_only in ("PackageType", "ImageConfig", "ImageUri"):
        function.pop(image_only, None)
    location = {"Bucket": source.bucket, "Key": source.key}
    return {"Runtime": RUNTIME, "Handler": handler, "CodeUri": location}


def _number_limits(function: Json, template: Json, parameters: Mapping[str, str]) -> None:
    """Write out time-outs and limits of concurrency: references resolve to text, on which emulators fail."""
    for figure in ("Timeout", "ReservedConcurrentExecutions"):
        if figure in function:
            function[figure] = _number(template, parameters, function[figure])
    for event in function.get("Events", {}).values():
        if (scaling := event["Properties"].get("ScalingConfig")) is not None:
            scaling["MaximumConcurrency"] = _number(template, parameters, scaling["MaximumConcurrency"])


def parameters_from(template: Json, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that ``settings`` names: ``DirectusUrl`` is set by ``DIRECTUS_URL``."""
    return {
        name: settings[variable]
        for name in template["Parameters"]
        if (variable := _variable(name)) in settings
    }


def _number(template: Json, parameters: Mapping[str, str], value: int | Json) -> int:
    if isinstance(value, int):
        return value
    name = value["Ref"]
    return int(parameters.get(name, template["Parameters"][name]["Default"]))


def _variable(parameter: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper()


def _functions(template: Json) -> dict[str, Json]:
    return resources_of(template, FUNCTION)


def _handler(name: str, function: Json) -> str:
    command = function.get("ImageConfig", {}).get("Command", [])
    if function.get("PackageType") != "Image" or len(command) != 1:
        raise LocalError(f"{name}: an image function with one ImageConfig.Command was expected")
    return str(command[0])
