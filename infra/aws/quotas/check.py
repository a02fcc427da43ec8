"""Measuring a template for the stages of samconfig.toml, and for one with the longest names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.aws.quotas import measure
from infra.aws.quotas.resolve import Stack
from infra.aws.quotas.stages import LONGEST_STAGE, given, longest
from infra.aws.quotas.table import Figure
from infra.local.template import Json

RELEASED = Path(__file__).with_name("released_indexes.json")
# Column of the stage that nobody has: every parameter at its longest.
LONGEST = "longest"
TOGETHER = "all stages"


def measured(
    template: Json,
    translated: Json,
    stages: Mapping[str, Mapping[str, Any]],
    released: measure.Indexes,
    images: Mapping[str, int],
    root: Path,
) -> dict[str, list[Figure]]:
    """Return the figures by stage.

    ``translated`` is the template after SAM's transform; ``images`` are sizes in bytes by image; code that
    the template names lies below ``root``.
    """
    deployed = {
        stage: Stack(translated, settings["stack_name"], given(template, settings["parameter_overrides"]))
        for stage, settings in stages.items()
    }
    # Deployed to one account, they share what it has.
    together = sum(measure.reserved(stack) for stack in deployed.values())
    whole = measure.of_template(template, translated)
    code = [Figure("function_image", tag, size) for tag, size in images.items()]
    code += measure.unzipped(template, root)
    columns = {}
    for stage, stack in deployed.items():
        columns[stage] = [
            *(whole if _uploads(stages[stage]) else map(_inline, whole)),
            *measure.of_stack(stack, released),
            *code,
            Figure("reserved", "this stage", measure.reserved(stack)),
            Figure("reserved", TOGETHER, together),
        ]
    any_stage = Stack(translated, f"clauseworks-{LONGEST_STAGE}", longest(template))
    columns[LONGEST] = measure.of_stack(any_stage, released)
    return columns


def _uploads(settings: Mapping[str, Any]) -> bool:
    """Say whether `sam deploy` sends the template by S3."""
    return bool(settings.get("resolve_s3") or settings.get("s3_bucket"))


def _inline(figure: Figure) -> Figure:
    """Return the figure of the template as built against the quota of what a request carries."""
    return replace(figure, quota="template_inline") if figure.thing == "as built" else figure


def released_indexes() -> measure.Indexes:
    """Return the definitions of the indexes that the last release has, by table and name."""
    released: measure.Indexes = json.loads(RELEASED.read_text(encoding="utf-8"))
    return released
