"""What a command works with: the client, and how it prints."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Column, Table

from infra.cli import config
from infra.cli.client import Client
from infra.cli.sessions import Renewed


@dataclass
class Session:
    """One call of the command line: where the API is, the token that was given with it, and how to print."""

    config: config.Config
    given: str
    as_json: bool
    out: Console
    err: Console

    def client(self) -> Client:
        """Return a client for the signed-in user; raises NotSignedInError."""
        token = self.config.require_token()
        return Client(self.config.url, Renewed(self.config) if self.config.refresh else token)

    def show(self, value: Any, text: Any = None) -> None:
        """Print a value, or an answer of the API: as JSON where that is asked for, else as text."""
        if self.as_json or text is None:
            # Not by rich, which would break long lines.
            print(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))
        else:
            self.out.print(text, soft_wrap=True, markup=False, highlight=False)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else asdict(value)


def table_of(*columns: str) -> Table:
    """Return a table whose first column, an id, is never cut: it is there to be copied."""
    first, *others = columns
    return Table(Column(first, no_wrap=True, min_width=36), *others, box=None)


def session_of(context: typer.Context) -> Session:
    """Return the session that the options began."""
    session: Session = context.obj
    return session
