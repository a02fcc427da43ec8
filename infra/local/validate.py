"""``python -m infra.local.validate``: what ``sam validate`` does, without an account."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.emulator import ensure_environment
from infra.local.paths import Paths
from infra.local.template import load_template
from infra.local.translate import InvalidTemplateError, translate


def main(arguments: Sequence[str] | None = None) -> int:
    """Translate a template; print what SAM says against it, and return 1, where it is not valid."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.validate")
    paths = Paths.from_environment(os.environ)
    parser.add_argument("template", type=Path, nargs="?", default=paths.template)
    template = parser.parse_args(arguments).template
    try:
        translated = translate(ensure_environment(paths), load_template(template))
    except InvalidTemplateError as error:
        print(f"{template.name} is not valid SAM:\n{error}", file=sys.stderr)
        return 1
    print(f"{template.name} is valid SAM: {len(translated['Resources'])} resources after the transform")
    return 0


if __name__ == "__main__":
    sys.exit(main())
