"""Parts of a template: nested applications whose files lie beside it, taken in as if they stood in it.

AWS makes a nested stack of each: ``sam build`` and ``sam deploy`` follow ``Location``. Emulators differ in
what they know of nested stacks, and whoever looks at the template wants to see all of it: for them a part's
resources and conditions stand in the template itself, with values in place of the part's parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

APPLICATION = "AWS::Serverless::Application"
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


def with_parts(template: Json, folder: Path, load: Callable[[Path], Json]) -> Json:
    """Return the template with the parts taken in that are files below ``folder``.

    Raises ValueError where a part and the template name two different things alike, or where a parameter of
    the part has no value.
    """
    resources = template.get("Resources", {})
    parts = {name: entry for name, entry in resources.items() if entry["Type"] == APPLICATION}
    if not parts:
        return template
    merged = {**template, "Conditions": dict(template.get("Conditions", {}))}
    merged["Resources"] = {name: resource for name, resource in resources.items() if name not in parts}
    for part in parts.values():
        properties = part["Properties"]
        part_template = load(folder / properties["Location"])
        values = _values(part_template, properties.get("Parameters", {}))
        for section in ("Conditions", "Resources"):
            _take_in(merged[section], substituted(part_template.get(section, {}), values))
    return merged


def substituted(node: Any, values: Mapping[str, Any]) -> Any:
    """Return a piece of a template with values in place of parameters.

    >>> substituted({"Fn::Sub": "${Queue} on ${Stage}"}, {"Queue": {"Fn::GetAtt": ["Jobs", "QueueName"]}})
    {'Fn::Sub': '${Jobs.QueueName} on ${Stage}'}
    """
    if isinstance(node, list):
        return [substituted(entry, values) for entry in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"}:
        return values.get(node["Ref"], node)
    if set(node) == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
        return _substituted_text(node["Fn::Sub"], values)
    return {key: substituted(value, values) for key, value in node.items()}


def _substituted_text(text: str, values: Mapping[str, Any]) -> Json:
    """Return ``Fn::Sub`` with values in its text, or beside it where a value is more than a name."""
    beside: Json = {}

    def inserted(match: re.Match[str]) -> str:
        name = match.group(1)
        value = values.get(name, {"Ref": name})
        if isinstance(value, str | int | float):
            return str(value)
        if set(value) == {"Ref"}:
            return f"${{{value['Ref']}}}"
        if set(value) == {"Fn::GetAtt"}:
            return f"${{{'.'.join(value['Fn::GetAtt'])}}}"
        beside[name] = value
        return match.group(0)

    new = _VARIABLE.sub(inserted, text)
    return {"Fn::Sub": [new, beside] if beside else new}


def _values(part: Json, given: Mapping[str, Any]) -> Json:
    """Return the value of each of the part's parameters."""
    values = {name: entry.get("Default") for name, entry in part.get("Parameters", {}).items()} | dict(given)
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise ValueError(f"parameters of a part without a value: {', '.join(missing)}")
    unknown = set(given) - set(part.get("Parameters", {}))
    if unknown:
        raise ValueError(f"values for parameters that a part does not have: {', '.join(sorted(unknown))}")
    return values


def _take_in(section: Json, added: Json) -> None:
    for name, entry in added.items():
        if section.setdefault(name, entry) != entry:
            raise ValueError(f"{name} is one thing in the template, and another in its part")
