"""A template's values as AWS gets them: intrinsic functions resolved, at their longest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.aws.quotas import identities
from infra.aws.quotas.table import QUOTAS
from infra.local.errors import LocalError
from infra.local.template import Json

_NOTHING = object()
_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True)
class Stack:
    """A translated template with the name and the parameters that it is deployed with.

    Of ``Fn::If`` the longer branch counts, whatever the condition.
    """

    template: Json
    name: str
    parameters: Mapping[str, Any]
    resources: Mapping[str, Json] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resources", self.template["Resources"])

    def of_kind(self, kind: str) -> dict[str, Json]:
        """Return the properties of all resources of a kind, resolved, by logical name."""
        return {
            logical: self.resolve(resource.get("Properties", {}))
            for logical, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def name_of(self, logical: str) -> str:
        """Return a resource's name: the template's, else the one that CloudFormation makes, and cuts."""
        resource = self.resources[logical]
        named, quota = identities.NAMED.get(resource["Type"], ("", ""))
        if named in resource.get("Properties", {}):
            return str(self.resolve(resource["Properties"][named]))
        return identities.made_name(self.name, logical, resource["Type"])[: self._longest_name(quota)]

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions; raises LocalError for one that is not known."""
        if isinstance(value, list):
            return [item for one in value if (item := self.resolve(one)) is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key in _FUNCTIONS:
                return _FUNCTIONS[key](self, argument)
            if key.startswith("Fn::"):
                raise LocalError(f"{key} is not known to the measuring of quotas")
        return {key: item for key, one in value.items() if (item := self.resolve(one)) is not _NOTHING}

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::StackName": self.name,
            "AWS::AccountId": identities.ACCOUNT,
            "AWS::Region": identities.REGION,
            "AWS::Partition": identities.PARTITION,
            "AWS::URLSuffix": identities.SUFFIX,
            "AWS::NoValue": _NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        return identities.physical_id(self._kind(name), self.name_of(name))

    def _attribute(self, argument: str | list[str]) -> str:
        logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return identities.attribute(self._kind(logical), self.name_of(logical), attribute)

    def _sub(self, argument: str | list[Any]) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name in given:
                return str(self.resolve(given[name]))
            return str(self._attribute(name) if "." in name else self._ref(name))

        return _REFERENCE.sub(replaced, text).replace("${!", "${")

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(str(part) for part in self.resolve(parts))

    def _if(self, argument: list[Any]) -> Any:
        return max((self.resolve(branch) for branch in argument[1:]), key=_length)

    def _longest_name(self, quota: str) -> int | None:
        return QUOTAS[quota].limit if quota else None

    def _kind(self, logical: str) -> str:
        if logical not in self.resources:
            raise LocalError(f"the template refers to {logical}, which it does not have")
        return str(self.resources[logical]["Type"])


_FUNCTIONS: dict[str, Callable[[Stack, Any], Any]] = {
    "Ref": Stack._ref,
    "Fn::GetAtt": Stack._attribute,
    "Fn::Sub": Stack._sub,
    "Fn::Join": Stack._join,
    "Fn::If": Stack._if,
}


def compact(value: Any) -> str:
    """Return JSON without spaces, as services count it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _length(value: Any) -> int:
    return -1 if value is _NOTHING else len(compact(value))
