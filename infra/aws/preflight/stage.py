"""A stage as samconfig.toml and the template's defaults make it. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.derive import FUNCTION
from infra.local.template import Json

NOTHING = {"Ref": "AWS::NoValue"}


@dataclass(frozen=True, slots=True)
class Reservation:
    """Concurrent executions that a function keeps for itself, and the parameter of them ("" for none)."""

    function: str
    executions: int
    parameter: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``given`` are its own settings, ``values`` these and the template's defaults."""

    name: str
    stack: str
    region: str
    profile: str
    tags: Mapping[str, str]
    given: Mapping[str, str]
    template: Json

    @property
    def parameters(self) -> dict[str, Json]:
        """The template's parameters by name."""
        return dict(self.template["Parameters"])

    @property
    def values(self) -> dict[str, str]:
        """The value of every parameter; one without a value is left out."""
        defaults = {
            name: str(parameter["Default"])
            for name, parameter in self.parameters.items()
            if "Default" in parameter
        }
        return defaults | dict(self.given)

    def value(self, parameter: str) -> str:
        """Return a parameter's value, "" where it has none."""
        return self.values.get(parameter, "")

    def number(self, parameter: str) -> float:
        """Return a parameter's value as a number, 0 where it is none."""
        return _number(self.value(parameter))

    @property
    def is_production(self) -> bool:
        """Whether people depend on this stage."""
        return self.name == "prod"

    def resources(self) -> dict[str, Json]:
        """Return the resources that this stage has by logical name, their references resolved."""
        return {
            name: self.resolve(resource)
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def names(self, kind: str, attribute: str) -> list[str]:
        """Return the names that the template gives its resources of one type."""
        found = (resource for resource in self.resources().values() if resource["Type"] == kind)
        return [str(resource["Properties"][attribute]) for resource in found]

    def kept(self, kind: str) -> list[str]:
        """Return the logical names of resources of one type that outlast their stack."""
        return [
            name
            for name, resource in self.resources().items()
            if resource["Type"] == kind and resource.get("DeletionPolicy") == "Retain"
        ]

    def reservations(self) -> list[Reservation]:
        """Return what the stage's functions reserve of the account's concurrent executions."""
        reserved = []
        for name, resource in self.resources().items():
            executions = resource.get("Properties", {}).get("ReservedConcurrentExecutions")
            if resource["Type"] == FUNCTION and executions is not None:
                written = self.template["Resources"][name]["Properties"]["ReservedConcurrentExecutions"]
                parameter = _parameter_in(written, self.parameters)
                reserved.append(
                    Reservation(resource["Properties"]["FunctionName"], int(_number(executions)), parameter)
                )
        return reserved

    def holds(self, condition: str) -> bool:
        """Say whether one of the template's conditions holds."""
        return bool(self.resolve(self.template["Conditions"][condition]))

    def resolve(self, value: Any) -> Any:
        """Return a value of the template with what the parameters decide filled in.

        What only a deployment knows (an ARN, a generated name) stays as it is written.
        """
        if isinstance(value, list):
            return [self.resolve(entry) for entry in value if self.resolve(entry) != NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(key, argument)] = value.items()
            if key in _FUNCTIONS:
                return _FUNCTIONS[key](self, argument)
        filled = {key: self.resolve(entry) for key, entry in value.items()}
        return {key: entry for key, entry in filled.items() if entry != NOTHING}

    def _reference(self, name: str) -> Any:
        known = {**self.values, "AWS::StackName": self.stack}
        return known.get(name, {"Ref": name})

    def _substitute(self, text: Any) -> Any:
        if not isinstance(text, str):
            return {"Fn::Sub": text}
        known = {**self.values, "AWS::StackName": self.stack}
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: known.get(found[1], found[0]), text)


_FUNCTIONS: dict[str, Any] = {
    "Ref": Stage._reference,
    "Fn::Sub": Stage._substitute,
    "Condition": Stage.holds,
    "Fn::If": lambda stage, a: stage.resolve(a[1] if stage.holds(a[0]) else a[2]),
    "Fn::Equals": lambda stage, a: str(stage.resolve(a[0])) == str(stage.resolve(a[1])),
    "Fn::Not": lambda stage, a: not stage.resolve(a[0]),
    "Fn::And": lambda stage, a: all(map(stage.resolve, a)),
    "Fn::Or": lambda stage, a: any(map(stage.resolve, a)),
    "Fn::Join": lambda stage, a: str(stage.resolve(a[0])).join(map(str, stage.resolve(a[1]))),
    "Fn::Split": lambda stage, a: str(stage.resolve(a[1])).split(str(stage.resolve(a[0]))),
}


def read_stage(name: str, section: Mapping[str, Any], template: Json) -> Stage:
    """Return a stage from its section (``[NAME.deploy.parameters]``) of samconfig.toml."""
    return Stage(
        name=name,
        stack=section["stack_name"],
        region=section.get("region", ""),
        profile=section.get("profile", ""),
        tags=_pairs(section.get("tags", [])),
        given=_pairs(section.get("parameter_overrides", [])),
        template=template,
    )


def _pairs(written: str | list[str]) -> dict[str, str]:
    """Return ``NAME=VALUE`` entries by name: a list, or one text with quotes as in a shell."""
    entries = shlex.split(written) if isinstance(written, str) else written
    parts = (entry.partition("=") for entry in entries)
    return {name: value for name, _, value in parts}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _parameter_in(value: Any, parameters: Mapping[str, Json]) -> str:
    """Return the first parameter that a value refers to, or ""."""
    if isinstance(value, dict):
        if value.get("Ref") in parameters:
            return str(value["Ref"])
        value = list(value.values())
    entries = value if isinstance(value, list) else []
    return next((name for name in (_parameter_in(entry, parameters) for entry in entries) if name), "")
