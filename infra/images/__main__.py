"""``python -m infra.images``: the commands of the container images."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from infra.images import hashes, sam
from infra.images.pin import PARAMETER, write_base
from infra.images.registry import Reference, resolve
from infra.local.docker.base import ensure_base
from infra.local.docker.build import build_images, built_images, table
from infra.local.docker.engine import require_engine
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.template import load_template


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    paths = Paths.from_environment(os.environ)
    try:
        if given[:1] == ["sam"]:
            return sam.run(paths, given[1:])
        options = _parser().parse_args(given)
        options.run(paths, options)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _build(paths: Paths, options: argparse.Namespace) -> None:
    require_engine()
    print(table(build_images(paths, options.base or ensure_base(paths))))


def _base(paths: Paths, _: argparse.Namespace) -> None:
    require_engine()
    print(ensure_base(paths))


def _sizes(paths: Paths, options: argparse.Namespace) -> None:
    require_engine()
    print(table(built_images(paths, options.base or ensure_base(paths))))


def _digest(paths: Paths, options: argparse.Namespace) -> None:
    image = options.image or load_template(paths.template)["Parameters"][PARAMETER]["Default"]
    resolved = resolve(Reference.parse(image), options.registry)
    if options.write:
        write_base(paths.root / "samconfig.toml", options.stage, resolved)
        print(f"samconfig.toml, {options.stage}: {PARAMETER}={resolved}")
    else:
        print(f"{PARAMETER}={resolved}")


def _hashes(paths: Paths, options: argparse.Namespace) -> None:
    if not options.check:
        for file in hashes.write(paths):
            print(file.relative_to(paths.root))
    elif reasons := hashes.stale(paths):
        raise LocalError("; ".join([*reasons, "run `make hashes`"]))
    else:
        print("the images' packages are those of the requirements and constraints.txt, by hash")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.images", description="The functions' images, and what goes into them."
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

    digest = commands.add_parser("digest", help="say which image a tag means now, by digest")
    digest.add_argument("image", nargs="?", metavar="IMAGE", help="[HOST/]NAME[:TAG]; the template's default")
    digest.add_argument("--registry", metavar="URL", help="ask this registry instead of the image's own")
    digest.add_argument("--write", action="store_true", help="set it in samconfig.toml")
    digest.add_argument("--stage", default="prod", help="stage that --write sets (prod)")
    digest.set_defaults(run=_digest)

    hashed = commands.add_parser("hashes", help="write which wheels the images may install, by hash")
    hashed.add_argument(
        "--check", action="store_true", help="say whether they fit the requirements; write nothing"
    )
    hashed.set_defaults(run=_hashes)

    commands.add_parser("sam", help="run the pinned SAM CLI, which the first use installs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
