"""``python -m infra.directus``: the commands of the Directus on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from infra.directus import local
from infra.directus.bootstrap import Changes, bootstrap
from infra.directus.products import PRODUCTS
from infra.directus.server import Server
from infra.local.errors import LocalError
from infra.local.paths import Paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    paths = Paths.from_environment(os.environ)
    try:
        options.run(paths, options)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _up(paths: Paths, options: argparse.Namespace) -> None:
    print("Starting Directus (the first time installs it: a minute, 500 MB) ...", flush=True)
    server = local.server(paths, os.environ)
    _print_changes(local.up(server, options.port))
    _print_addresses(server)


def _down(paths: Paths, options: argparse.Namespace) -> None:
    stopped = local.down(paths, wipe=options.wipe)
    print("stopped" if stopped else "nothing was running")


def _status(paths: Paths, _: argparse.Namespace) -> None:
    _print_addresses(local.server(paths, os.environ))


def _bootstrap(paths: Paths, _: argparse.Namespace) -> None:
    """Bootstrap the Directus of ``DIRECTUS_URL``, else the one of this state folder."""
    if url := os.environ.get("DIRECTUS_URL"):
        names = ("DIRECTUS_ADMIN_TOKEN", "DIRECTUS_TOKEN")
        admin, worker = (os.environ.get(name, "") for name in names)
        if not admin or not worker:
            raise LocalError(f"with DIRECTUS_URL set, {' and '.join(names)} are needed")
        _print_changes(bootstrap(url, admin, worker))
        return
    server = local.server(paths, os.environ)
    _print_changes(bootstrap(server.url, server.credentials.admin_token, server.credentials.worker_token))


def _print_changes(changes: Changes) -> None:
    counts = ", ".join(f"{name} {count}" for name, count in asdict(changes).items())
    print(f"changes     {counts}")


def _print_addresses(server: Server) -> None:
    print(f"Directus    {server.url} (log: {server.log})")
    print(f"login       {server.credentials.admin_email}, password in {server.folder / local.CREDENTIALS}")
    print(f"for a stack set -a; . {local.settings_file(server)}; set +a; python -m infra.local up")
    for product in PRODUCTS:
        print(f"product     {product.product_id} {product.name} ({product.document})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.directus",
        description="A real Directus on this machine, with the customer's schema and sample products.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="install, start and bootstrap Directus")
    up.add_argument("--port", type=int, help="port (8055, or a free one)")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="stop Directus; its data is kept")
    down.add_argument("--wipe", action="store_true", help="remove the data too")
    down.set_defaults(run=_down)

    status = commands.add_parser("status", help="show address, login and sample products")
    status.set_defaults(run=_status)

    again = commands.add_parser(
        "bootstrap", help="bring schema and sample data up to date, also of the Directus at DIRECTUS_URL"
    )
    again.set_defaults(run=_bootstrap)
    return parser


if __name__ == "__main__":
    sys.exit(main())
