"""Signing in and out."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from infra.cli import config, sessions
from infra.cli.client import Client
from infra.cli.errors import CliError
from infra.cli.session import session_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(logout)


def login(
    context: typer.Context,
    *,
    email: Annotated[
        str, typer.Option(help="Address of a user of Directus; the password is asked for.")
    ] = "",
    otp: Annotated[str, typer.Option(help="The second factor of that user.")] = "",
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read token or password from standard input.")
    ] = False,
) -> None:
    """Sign in at this address: with an access token, or as a user of Directus, whose session is renewed."""
    session = session_of(context)
    url = session.config.url
    line = sys.stdin.readline().strip() if stdin else ""
    if email:
        password = line or str(typer.prompt("Password", hide_input=True, err=True))
        signed_in = sessions.begin(url, email, password, otp)
    else:
        token = line or session.given or str(typer.prompt("Access token", hide_input=True, err=True)).strip()
        signed_in = config.Config(url, token)
    with Client(url, signed_in.token) as api:
        api.jobs(1)
    file = config.store(signed_in)
    session.err.print(
        f"Signed in at {session.config.url}; stored in {file}.", highlight=False, soft_wrap=True
    )


def logout(context: typer.Context) -> None:
    """Forget the stored token; a session of Directus ends there, too."""
    session = session_of(context)
    if session.config.refresh:
        with suppress(CliError):
            sessions.end(session.config)
    config.forget()
    session.err.print("Signed out.")
