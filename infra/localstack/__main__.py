"""``python -m infra.localstack``: the commands of the LocalStack on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from infra.directus.install import cache_folder
from infra.local.errors import LocalError
from infra.local.paths import Paths, locked
from infra.localstack import borrowed
from infra.localstack.install import ensure_installed
from infra.localstack.server import PORT, Server, running, stop_server, url_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    paths = Paths.from_environment(os.environ)
    try:
        status: int | None = options.run(paths, options)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status or 0


def _up(paths: Paths, options: argparse.Namespace) -> None:
    print("Starting LocalStack (the first time installs it: a minute, 500 MB) ...", flush=True)
    installation = ensure_installed(cache_folder(os.environ))
    with locked(paths.state / "localstack.lock"):
        _print_address(Server(paths.state / "localstack", installation).start([options.port or PORT]))


def _down(paths: Paths, _: argparse.Namespace) -> None:
    with locked(paths.state / "localstack.lock"):
        stopped = stop_server(paths.state / "localstack")
    print("stopped" if stopped else "nothing was running")


def _status(paths: Paths, _: argparse.Namespace) -> None:
    process = running(paths.state / "localstack")
    if process is None:
        raise LocalError("LocalStack does not run: `python -m infra.localstack up` starts it")
    _print_address(url_of(process))


def _run(_: Paths, options: argparse.Namespace) -> int:
    return borrowed.run(options.command, os.environ)


def _print_address(url: str) -> None:
    print(f"LocalStack  {url} (region us-east-1, any credentials)")
    print(f"deploy      AWS_ENDPOINT_URL={url} python -m infra.local up")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.localstack",
        description="LocalStack on this machine, without Docker: functions run as processes.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="install LocalStack where it is missing, and start it")
    up.add_argument("--port", type=int, help=f"its port ({PORT}, or a free one)")
    up.set_defaults(run=_up)

    status = commands.add_parser("status", help="show its address")
    status.set_defaults(run=_status)

    down = commands.add_parser("down", help="stop it; what was deployed there is gone")
    down.set_defaults(run=_down)

    run = commands.add_parser(
        "run",
        help="run a command with AWS_ENDPOINT_URL set: to the given one, else to a LocalStack of its own",
    )
    run.add_argument("command", nargs=argparse.REMAINDER)
    run.set_defaults(run=_run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
