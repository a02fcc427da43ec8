"""What administrators look at and do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from infra.cli.session import session_of, table_of

app = typer.Typer(no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="JOB_ID")]
Kind = Annotated[str, typer.Option(help="Queue: analysis or cleanup.")]
Messages = Annotated[list[str] | None, typer.Option("--message", help="Only these letters.")]


def _list(context: typer.Context, path: str, name: str, columns: Sequence[str], **params: Any) -> None:
    """Show a list of the API as a table of some of its fields."""
    session = session_of(context)
    with session.client() as api:
        rows = api.get(path, **params)[name]
    if session.as_json:
        session.show(rows)
        return
    table = table_of(*columns)
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    session.out.print(table if rows else "Nothing.")


@app.command()
def tasks(
    context: typer.Context,
    status: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    kind: Annotated[str, typer.Option(help="Only those of this kind.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
) -> None:
    """List the jobs of all callers."""
    columns = ("job_id", "kind", "status", "percent_complete", "owner", "created_at")
    _list(context, "/admin/tasks", "tasks", columns, status=status, kind=kind, limit=limit)


@app.command()
def history(context: typer.Context, job_id: JobId) -> None:
    """Show what happened to a job, and who did it."""
    columns = ("at", "source", "type", "actor", "stage", "message")
    _list(context, f"/admin/tasks/{job_id}/history", "entries", columns)


@app.command()
def logs(context: typer.Context, job_id: JobId) -> None:
    """Show a job's log lines, through all functions."""
    _list(context, f"/admin/tasks/{job_id}/logs", "lines", ("at", "function", "level", "message"))


@app.command()
def workers(context: typer.Context) -> None:
    """Show who works on what."""
    columns = ("worker_id", "job_id", "kind", "stage", "percent_complete", "lease_left", "overdue")
    _list(context, "/admin/workers", "workers", columns)


@app.command()
def queues(context: typer.Context) -> None:
    """Show what waits, for how long, and how many dead letters there are."""
    columns = ("kind", "depth", "in_flight", "delayed", "oldest_age", "dead_letters")
    _list(context, "/admin/queues", "queues", columns)


@app.command("dead-letters")
def dead_letters(context: typer.Context, kind: Kind = "analysis") -> None:
    """List the dead letters of a queue."""
    columns = ("message_id", "job_id", "job_status", "receive_count", "first_sent_at")
    _list(context, "/admin/dead-letters", "dead_letters", columns, kind=kind)


@app.command()
def redrive(context: typer.Context, kind: Kind = "analysis", message: Messages = None) -> None:
    """Bring dead letters back: all of a queue, or some."""
    _act(
        context,
        "/admin/dead-letters/redrive",
        {"kind": kind, **({"message_ids": message} if message else {})},
    )


@app.command()
def retry(context: typer.Context, job_id: JobId) -> None:
    """Try a job again that has ended, as a new one."""
    _act(context, f"/admin/tasks/{job_id}/retry", None)


@app.command()
def unlock(context: typer.Context, job_id: JobId) -> None:
    """Take a job from a worker that hangs."""
    _act(context, f"/admin/tasks/{job_id}/unlock", None)


def _act(context: typer.Context, path: str, body: dict[str, Any] | None) -> None:
    session = session_of(context)
    with session.client() as api:
        answer = api.post(path, body)
    session.show(answer, answer.get("message") or answer.get("counts"))
