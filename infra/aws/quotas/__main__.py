"""``python -m infra.aws.quotas``: what the template takes of AWS's quotas, figure and quota side by side.

The columns are the stages of samconfig.toml, and a stage with the longest name and the longest value of each
parameter. The exit status is 1 where AWS would refuse a deployment. ``--release`` notes the indexes of the
tables as those of a release: an update from then on may change one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.aws.deploy import stages
from infra.aws.quotas import measure
from infra.aws.quotas.check import RELEASED, measured, released_indexes
from infra.aws.quotas.report import refusals, table
from infra.aws.quotas.resolve import Stack
from infra.aws.quotas.stages import longest
from infra.local.docker import engine
from infra.local.docker.build import functions, tag_of
from infra.local.emulator import ensure_environment
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.template import load_template
from infra.local.translate import translate


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and what exceeds; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.aws.quotas", description=__doc__)
    paths = Paths.from_environment(os.environ)
    parser.add_argument("template", type=Path, nargs="?", default=paths.template)
    parser.add_argument("--release", action="store_true", help="note the indexes as those of a release")
    options = parser.parse_args(arguments)
    try:
        template = load_template(options.template)
        translated = translate(ensure_environment(paths), template)
        if options.release:
            indexes = measure.indexes(Stack(translated, "released", longest(template)))
            RELEASED.write_text(json.dumps(indexes, indent=2) + "\n", encoding="utf-8")
            return 0
        columns = measured(
            template, translated, stages(), released_indexes(), _images(paths), options.template.parent
        )
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(columns))
    refused = refusals(columns)
    for line in refused:
        print(f"error: {line}", file=sys.stderr)
    return 1 if refused else 0


def _images(paths: Paths) -> dict[str, int]:
    """Return the sizes of the images that this machine has built, where it can build them."""
    try:
        engine.require_engine()
    except engine.NoEngineError as error:
        print(f"sizes of images are not measured: {error}")
        return {}
    built = [tag_of(function) for function in functions(paths) if engine.exists(tag_of(function))]
    if not built:
        print("sizes of images are not measured: `make images` builds them")
    return {tag: engine.size_of(tag) for tag in built}


if __name__ == "__main__":
    sys.exit(main())
