"""A whole folder: a few files at a time, taken up where an earlier run stopped.

What was submitted is noted in a file beside the documents, by content: a second run sends what is new or
changed, and asks about the rest.
"""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from infra.cli.client import TERMINAL, Client
from infra.cli.errors import CliError, NotDoneError, NotFoundError, NotSignedInError
from infra.cli.session import Session, session_of

if TYPE_CHECKING:
    from functions.api.schemas.jobs import JobView

NOTES = ".clauseworks.json"
ENDINGS = frozenset(
    {".pdf", ".docx", ".html", ".htm", ".md", ".txt", ".png", ".jpg", ".jpeg", ".tif", ".tiff"}
)
PAUSE = 1.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(upload)


class Notes:
    """What of a folder was submitted: job ids by the SHA-256 of the content."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        try:
            self._jobs: dict[str, str] = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            self._jobs = {}
        except ValueError as error:
            raise CliError(f"{file} is damaged; remove it to submit everything anew.") from error

    def job_of(self, sha256: str) -> str:
        """Return the job of a content, empty for a new one."""
        return self._jobs.get(sha256, "")

    def note(self, sha256: str, job_id: str) -> None:
        """Write at once, whole or not at all: the next run goes by it."""
        with self._lock:
            self._jobs[sha256] = job_id
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self._jobs, indent=1), encoding="utf-8")
            fresh.replace(self._file)


def upload(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    case: Annotated[str, typer.Option(help="Case that the documents belong to.")] = "",
    workers: Annotated[int, typer.Option(min=1, max=16, help="Files at a time.")] = 4,
    *,
    index: Annotated[bool, typer.Option(help="Make the documents searchable.")] = True,
) -> None:
    """Analyse every document of a folder; a second run goes on where the first one stopped."""
    session = session_of(context)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in ENDINGS)
    if not files:
        raise CliError(f"There is no document in {folder}.")
    notes = Notes(folder / NOTES)
    options: dict[str, Any] = {"index": index, **({"case_id": case} if case else {})}
    with session.client() as api:
        ended = _all(session, files, workers, lambda file: _one(api, notes, file, options))
    good = [row for row in ended if row["status"] == "completed"]
    bad = [row for row in ended if row["status"] != "completed"]
    lines = [f"{row['file']}: {row['status']}, {row['detail']}" for row in bad]
    session.show(ended, "\n".join([*lines, f"{len(good)} of {len(ended)} documents were analysed."]))
    if bad:
        raise NotDoneError(f"Not analysed: {len(bad)} of {len(ended)}. Run it again once they are mended.")


def _all(session: Session, files: list[Path], workers: int, work: Any) -> list[dict[str, str]]:
    """Work on all files; what stops one file does not stop the others, a lost session stops all."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=session.err,
        disable=not session.err.is_terminal,
    )
    with bar, ThreadPoolExecutor(workers) as pool:
        task = bar.add_task("documents", total=len(files))
        under_way = [pool.submit(work, file) for file in files]
        try:
            for done in as_completed(under_way):
                done.result()
                bar.advance(task)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done.result() for done in under_way]


def _one(api: Client, notes: Notes, file: Path, options: dict[str, Any]) -> dict[str, str]:
    """Submit a document unless an earlier run has, and wait for its end."""
    row = {"file": str(file), "job_id": "", "status": "failed", "detail": ""}
    try:
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        job = _earlier(api, notes.job_of(sha256))
        if job is None or job.status in {"failed", "cancelled"}:
            job_id = api.analyse_file(file, options).job_id
            notes.note(sha256, job_id)
            job = api.job(job_id)
        row["job_id"] = job.job_id
        while job.status not in TERMINAL:
            threading.Event().wait(PAUSE)
            job = api.job(row["job_id"])
    except NotSignedInError:
        raise
    except (CliError, OSError) as error:
        return row | {"detail": str(error)}
    return row | {"status": job.status, "detail": str((job.error or {}).get("detail", ""))}


def _earlier(api: Client, job_id: str) -> JobView | None:
    """Return the job of an earlier run, or None."""
    try:
        return api.job(job_id) if job_id else None
    except NotFoundError:
        return None
