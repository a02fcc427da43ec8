"""Signing in and out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from infra.cli import config
from infra.cli.app import session_of
from infra.cli.client import Client


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(logout)


def login(
    context: typer.Context,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the token from standard input.")] = False,
) -> None:
    """Store an access token (of Directus, or signed with its secret) for this address."""
    session = session_of(context)
    given = session.config.token if not stdin else sys.stdin.readline().strip()
    token = given or str(typer.prompt("Access token", hide_input=True, err=True)).strip()
    with Client(session.config.url, token) as api:
        api.jobs(1)
    file = config.store(config.Config(session.config.url, token))
    session.err.print(
        f"Signed in at {session.config.url}; stored in {file}.", highlight=False, soft_wrap=True
    )


def logout(context: typer.Context) -> None:
    """Forget the stored token."""
    config.forget()
    session_of(context).err.print("Signed out.")
