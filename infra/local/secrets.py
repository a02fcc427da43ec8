"""The stack's secrets where the functions read them: SecureStrings in SSM, as on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def store(ssm: Any, stack: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Put the secrets under the stack's name; return the template's parameters that name them.

    ``secrets`` is by the names of the environment's variables; an empty one is named, and not stored.
    """
    named = {}
    for variable, value in secrets.items():
        name = _name(stack, variable)
        if value:
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        named["".join(part.capitalize() for part in variable.split("_")) + "Parameter"] = name
    return named


def remove(ssm: Any, stack: str, variables: tuple[str, ...]) -> None:
    """Remove what was stored; what is not there is no error."""
    ssm.delete_parameters(Names=[_name(stack, variable) for variable in variables])


def _name(stack: str, variable: str) -> str:
    return f"/{stack}/{variable.lower().replace('_', '-')}"
