"""Watching a job: a bar in a terminal, lines in a pipe, and Ctrl-C that leaves the job alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from infra.cli.client import TERMINAL, Client, JobEvent
from infra.cli.errors import INTERRUPTED, NotDoneError
from infra.cli.session import Session
from infra.cli.transport import ProgressCallback

if TYPE_CHECKING:
    from functions.api.schemas.jobs import JobView


def watch(session: Session, api: Client, job_id: str) -> JobView:
    """Show a job's progress until it has ended; return its status.

    Ctrl-C ends the watching, not the job: raises typer.Exit after saying how to go on. Raises CliError.
    """
    try:
        if session.err.is_terminal and not session.as_json:
            _bar(session, api, job_id)
        else:
            _lines(session, api, job_id)
        return _ended(api, job_id)
    except KeyboardInterrupt:
        session.err.print(
            f"\nThe job goes on. Watch it again:  clauseworks watch {job_id}\n"
            f"Stop it:  clauseworks cancel {job_id}",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def transfer(session: Session, what: str) -> Iterator[ProgressCallback]:
    """Show how far an upload or download is, in a terminal; it is gone once that is over."""
    shown = session.err.is_terminal and not session.as_json
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=session.err, transient=True, disable=not shown) as progress:
        task = progress.add_task(what, total=None, visible=False)
        yield lambda done, size: progress.update(task, completed=done, total=size or None, visible=True)


def require_completed(job: JobView) -> None:
    """Raise NotDoneError for a job that failed or was cancelled, with its reason."""
    if job.status != "completed":
        error = job.error or {}
        raise NotDoneError(
            f"The job {'was cancelled' if job.status == 'cancelled' else 'failed'}"
            f"{': ' + error['detail'] if error.get('detail') else '.'}",
            str(error.get("type", "")),
        )


def _ended(api: Client, job_id: str) -> JobView:
    """Return the status; events end with a pause, too, which the job may stay in for long."""
    job = api.job(job_id)
    if job.status not in TERMINAL:
        raise NotDoneError(f"The job is {job.status}. Go on with:  clauseworks resume {job_id} --watch")
    return job


def _bar(session: Session, api: Client, job_id: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task("queued", total=100)
        for event in api.events(job_id):
            progress.update(task, completed=event["progress"], description=_described(event))
            if _over(api, event):
                return


def _described(event: JobEvent) -> str:
    """Say what a job does, or why it waits."""
    if _waits(event):
        return event["message"]
    counted = f" {event['current']}/{event['total']}" if event["total"] else ""
    return (event["stage"] or event["status"]) + counted


def _waits(event: JobEvent) -> bool:
    """Say whether a job that had begun is in the queue again; its message says why."""
    return event["status"] == "queued" and bool(event["stage"])


def _lines(session: Session, api: Client, job_id: str) -> None:
    shown = ""
    for event in api.events(job_id):
        waits = f"  {event['message']}" if _waits(event) else ""
        line = f"{event['progress']:3} %  {event['status']:10} {event['stage']}{waits}"
        if line != shown:
            shown = line
            session.err.print(line, highlight=False, markup=False)
        if _over(api, event):
            return


def _over(api: Client, event: JobEvent) -> bool:
    """Say whether an event is the last for now; a pause in the stream may be long over."""
    if event["status"] == "paused":
        return api.job(event["job_id"]).status == "paused"
    return event["status"] in TERMINAL
