"""Jobs: start, watch, control, read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.client import Client, Submitted
from infra.cli.errors import CliError
from infra.cli.session import Session, session_of, table_of
from infra.cli.transport import ProgressCallback
from infra.cli.watching import require_completed, transfer, watch
from infra.tree import tree_lines
from shared.findings.model import to_tree

if TYPE_CHECKING:
    from functions.api.schemas.jobs import JobView

JobId = Annotated[str, typer.Argument(metavar="JOB_ID")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Wait for the end, and show the progress.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (analyze, status, result, download, pause, resume, cancel, jobs):
        app.command()(command)
    app.command("watch")(watch_job)


def analyze(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="FILE|PRODUCT", help="A file, or a product's id.")],
    *,
    watching: Watch = False,
    engine: Annotated[str, typer.Option(help="rules, openai or bedrock.")] = "",
    language: Annotated[str, typer.Option(help="Language of the document.")] = "auto",
    case: Annotated[str, typer.Option(help="Case that the document belongs to.")] = "",
    translate_to: Annotated[str, typer.Option(help="Language to translate the pages to.")] = "",
    summary: Annotated[bool, typer.Option(help="Summarise, too.")] = False,
    report: Annotated[bool, typer.Option(help="Write a report, too.")] = False,
    index: Annotated[bool, typer.Option(help="Make the document searchable.")] = True,
    seed: Annotated[bool, typer.Option("--seed", help="Write the findings to Directus.")] = False,
) -> None:
    """Analyse a document, or a product of Directus."""
    session = session_of(context)
    options: dict[str, Any] = {"language": language, "summary": summary, "report": report, "index": index}
    options |= {"seed_directus": seed}
    named = {"engine": engine, "case_id": case, "translate_to": translate_to}
    options |= {name: value for name, value in named.items() if value}
    with session.client() as api:
        with transfer(session, "upload") as progress:
            accepted = start(api, subject, options, progress)
        if not watching:
            session.show(accepted, accepted.job_id)
            session.err.print(f"Watch it:  clauseworks watch {accepted.job_id}", highlight=False)
            return
        session.err.print(f"Job {accepted.job_id}", highlight=False)
        _show_outcome(session, api, accepted.job_id)


def start(api: Client, subject: str, options: dict[str, Any], progress: ProgressCallback) -> Submitted:
    """Submit a file or a product; raises CliError for a file that is not there."""
    file = Path(subject)
    if file.is_file():
        return api.analyse_file(file, options, progress)
    if file.suffix or "/" in subject:
        raise CliError(f"There is no file {subject}.")
    return api.analyse_product(subject, options)


def _show_outcome(session: Session, api: Client, job_id: str) -> None:
    """Watch a job, then show what it has found."""
    job = watch(session, api, job_id)
    require_completed(job)
    if session.as_json:
        session.show(job)
    elif job.kind == "analysis":
        session.show(None, _summary(job))
        for line in tree_lines(to_tree(api.result(job_id))):
            session.show(None, line)
    else:
        session.show(job, "\n".join(f"{name}: {value}" for name, value in (job.result or {}).items()))


def _summary(job: JobView) -> str:
    counted = job.result or {}
    counts = ", ".join(
        f"{counted[f'num_{name}']} {name}"
        for name in ("segments", "benefits", "limits", "conditions", "exclusions")
    )
    return "\n".join([counts, *(f"warning: {text}" for text in counted.get("warnings") or ())])


def watch_job(context: typer.Context, job_id: JobId) -> None:
    """Wait for a job, show its progress and what it found. Ctrl-C leaves it running."""
    session = session_of(context)
    with session.client() as api:
        _show_outcome(session, api, job_id)


def status(context: typer.Context, job_id: JobId) -> None:
    """Show how far a job is."""
    session = session_of(context)
    with session.client() as api:
        job = api.job(job_id)
    error = (job.error or {}).get("detail", "")
    text = f"{job.status}  {job.percent_complete} %  {job.current_stage}  {job.message}"
    session.show(job, f"{text}\n{error}" if error else text)


def result(context: typer.Context, job_id: JobId) -> None:
    """Print what an analysis found, with the evidence."""
    session = session_of(context)
    with session.client() as api:
        tree = to_tree(api.result(job_id))
    if session.as_json:
        session.show(tree)
        return
    for line in tree_lines(tree):
        session.show(None, line)


def download(
    context: typer.Context,
    job_id: JobId,
    name: Annotated[str, typer.Argument(help="File of the job; its report or export without.")] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to; - is standard output.")] = None,
    *,
    listing: Annotated[bool, typer.Option("--list", help="Only list the files.")] = False,
) -> None:
    """Save a file that a job has published."""
    session = session_of(context)
    with session.client() as api:
        if listing:
            files = api.artifacts(job_id)
            session.show(files, "\n".join(f"{file.name}  {file.size} bytes" for file in files))
            return
        with transfer(session, "download") as progress:
            data = api.download(job_id, name, progress)
    if str(out) == "-":
        sys.stdout.buffer.write(data)
        return
    target = out or Path(name.replace("/", "-") or f"{job_id}{'.pdf' if data[:4] == b'%PDF' else '.json'}")
    target.write_bytes(data)
    session.show({"file": str(target), "bytes": len(data)}, str(target))


def pause(context: typer.Context, job_id: JobId) -> None:
    """Let a job rest after the unit it works on."""
    _control(context, job_id, "pause")


def resume(context: typer.Context, job_id: JobId, *, watching: Watch = False) -> None:
    """Let a paused job go on."""
    _control(context, job_id, "resume", watching=watching)


def cancel(context: typer.Context, job_id: JobId) -> None:
    """Stop a job and remove what it made."""
    _control(context, job_id, "cancel")


def _control(context: typer.Context, job_id: str, action: str, *, watching: bool = False) -> None:
    session = session_of(context)
    with session.client() as api:
        flags = api.control(job_id, action)
        if watching:
            _show_outcome(session, api, job_id)
            return
    session.show(flags, f"{flags.status}: {flags.message}")


def jobs(
    context: typer.Context,
    status: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    kind: Annotated[str, typer.Option(help="analysis, output or cleanup.")] = "analysis",
    case: Annotated[str, typer.Option(help="Only those of this case.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
) -> None:
    """List your jobs, newest first."""
    session = session_of(context)
    with session.client() as api:
        listed = api.jobs(limit, status=status, kind=kind, case_id=case)
    if session.as_json:
        session.show(listed)
        return
    table = table_of("Job", "Document", "State", "%", "Since")
    for job in listed:
        about = job.file_name or job.product_name or job.product_id or job.document_id or ""
        table.add_row(job.job_id, about, job.status, str(job.percent_complete), job.created_at[:16])
    session.out.print(table)
