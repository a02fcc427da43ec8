"""``python -m infra.images``: the commands of the container images."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from infra.images import sam
from infra.images.base import ensure_base
from infra.images.build import build_images, built_images, table
from infra.images.engine import require_engine
from infra.local.errors import LocalError
from infra.local.paths import Paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    paths = Paths.from_environment(os.environ)
    try:
        if given[:1] == ["sam"]:
            return sam.run(paths, given[1:])
        options = _parser().parse_args(given)
        require_engine()
        options.run(paths, options)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _build(paths: Paths, options: argparse.Namespace) -> None:
    print(table(build_images(paths, options.base or ensure_base(paths))))


def _base(paths: Paths, _: argparse.Namespace) -> None:
    print(ensure_base(paths))


def _sizes(paths: Paths, options: argparse.Namespace) -> None:
    print(table(built_images(paths, options.base or ensure_base(paths))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.images", description="The functions' images, on a machine with a Docker engine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="build the image of every function")
    build.add_argument("--base", metavar="IMAGE", help="base image, instead of the one of this machine")
    build.set_defaults(run=_build)

    base = commands.add_parser("base", help="pull or make the base image, and print its name")
    base.set_defaults(run=_base)

    sizes = commands.add_parser("sizes", help="show the sizes of the images")
    sizes.add_argument("--base", metavar="IMAGE", help="the base image that they were built on")
    sizes.set_defaults(run=_sizes)

    commands.add_parser("sam", help="run the pinned SAM CLI, which the first use installs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
