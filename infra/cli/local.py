"""The local stack, by its own commands."""

from __future__ import annotations

import typer

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
HELP = "The local stack: up, status, token, logs, deploy, down (see clauseworks local --help)."


def run(context: typer.Context) -> int:
    """Hand everything over to ``python -m infra.local``."""
    from infra.local.__main__ import main

    return main(context.args)
