"""The commands put together, and the options that all of them have."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from infra.cli import config
from infra.cli.errors import INTERRUPTED, CliError
from infra.cli.session import Session

app = typer.Typer(
    name="clauseworks",
    help="Insurance documents in; segments, benefits and limits out, each with its evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit status: 0 done, 1 a job failed, 2 wrong usage, 3 not signed in, 4 not found, 5 no answer, "
    "6 refused, 130 interrupted.",
)


@app.callback()
def common(
    context: typer.Context,
    url: Annotated[str, typer.Option(help=f"Address of the API (or {config.URL}).")] = "",
    token: Annotated[str, typer.Option(help=f"Access token (or {config.TOKEN}).", show_default=False)] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Insurance documents in; segments, benefits and limits out, each with its evidence."""
    if context.resilient_parsing:
        return
    context.obj = Session(
        config.load(url, token),
        token or os.environ.get(config.TOKEN, ""),
        as_json,
        Console(),
        Console(stderr=True),
    )


def main() -> int:
    """Run the command line; return the exit status."""
    from infra.cli import admin, documents, folder, jobs, local, signing

    for module in (signing, jobs, documents, folder):
        module.register(app)
    app.add_typer(
        admin.app, name="admin", help="Tasks, workers, queues and dead letters; for administrators."
    )
    app.command("local", context_settings=local.CONTEXT, help=local.HELP)(local.run)
    try:
        done = app(prog_name="clauseworks", standalone_mode=False)
    except CliError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except typer.Exit as ending:
        return ending.exit_code
    except Exception as error:
        if (show := getattr(error, "show", None)) is None:
            raise
        # What was typed is wrong: the library says how it is meant.
        show()
        return int(getattr(error, "exit_code", 2))
    return done if isinstance(done, int) else 0
