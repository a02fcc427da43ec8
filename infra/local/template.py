"""Reading template.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.local.parts import with_parts

Json = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Json:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load_template(path: Path) -> Json:
    """Return the template with its parts in it, and the short forms (``!Ref X``) as ``{"Ref": "X"}``."""
    return with_parts(load_file(path), path.parent, load_file)


def load_file(path: Path) -> Json:
    """Return one file of the template as it stands, but for the short forms."""
    template: Json = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    return template


def resources_of(template: Json, kind: str) -> dict[str, Json]:
    """Return the properties of all resources of a type, by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }
