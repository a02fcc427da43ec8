"""Documents and findings: search, compare, review, clean up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from infra.cli.jobs import Watch
from infra.cli.session import session_of, table_of
from infra.cli.watching import require_completed, watch

if TYPE_CHECKING:
    from shared.findings.comparison import Cell, ComparisonRow


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (products, search, compare, review, cleanup):
        app.command()(command)


def products(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words of the name, or an id; all without.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
) -> None:
    """List the products of Directus that you may analyse."""
    session = session_of(context)
    with session.client() as api:
        answer = api.products(query, limit)
    if session.as_json:
        session.show(answer.products)
        return
    table = table_of("Product", "Name", "Document")
    for product in answer.products:
        table.add_row(product.product_id, product.product_name or "", product.document_reference or "")
    session.out.print(table if answer.products else "Nothing.")
    if answer.next_cursor:
        session.err.print("There are more: name some words, or a higher --limit.", highlight=False)


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for; a question will do.")],
    document: Annotated[str, typer.Option(help="Only in this document.")] = "",
    product: Annotated[str, typer.Option(help="Only in this product's.")] = "",
    case: Annotated[str, typer.Option(help="Only in this case's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=50)] = 10,
) -> None:
    """Find passages of your documents."""
    session = session_of(context)
    with session.client() as api:
        answer = api.search(query, document_id=document, product_id=product, case_id=case, limit=limit)
    lines = [
        f"{hit.file_name}, page {hit.page}  {' > '.join(hit.headings)}\n    {hit.text}" for hit in answer.hits
    ]
    session.show(answer, "\n".join(lines) or "Nothing was found.")


def compare(
    context: typer.Context,
    job_ids: Annotated[list[str], typer.Argument(metavar="JOB_ID JOB_ID...")],
) -> None:
    """Put analyses side by side, benefit by benefit and limit by limit."""
    session = session_of(context)
    with session.client() as api:
        answer = api.compare(job_ids)
    if session.as_json:
        session.show(answer)
        return
    heads = [
        product.file_name or product.product_name or product.product_id or product.job_id
        for product in answer.products
    ]
    table = Table("", *heads)
    for segment in answer.comparison.segments:
        _add(table, segment, 0)
    session.out.print(table)


def _add(table: Table, row: ComparisonRow, depth: int) -> None:
    indent = "  " * depth
    table.add_row(indent + row.item_name, *("yes" if cell else "-" for cell in row.cells))
    for limit in row.limits:
        cells = ["; ".join(_amount(cell) for cell in cells) or "-" for cells in limit.cells]
        table.add_row(f"{indent}  {limit.item_name} {limit.scope}".rstrip(), *cells)
    for below in row.benefits:
        _add(table, below, depth + 1)


def _amount(cell: Cell) -> str:
    return f"{cell.value:g} {cell.unit}" if cell.value is not None else cell.unit or "yes"


def review(
    context: typer.Context,
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID")],
    path: Annotated[str, typer.Argument(help="The finding's place, as segments/0/benefits/2.")],
    verdict: Annotated[str, typer.Argument(help="accepted or rejected.")],
    note: Annotated[str, typer.Option(help="Why, for colleagues.")] = "",
) -> None:
    """Accept or reject a finding."""
    session = session_of(context)
    with session.client() as api:
        answer = api.review(job_id, path, verdict, note)
    session.show(
        answer, f"{answer.path} {answer.verdict} by {answer.reviewer} (in Directus: {answer.mirrored})"
    )


def cleanup(
    context: typer.Context,
    product: Annotated[str, typer.Option(help="Product whose seeded rows are to go.")] = "",
    document: Annotated[str, typer.Option(help="Document whose files are to go.")] = "",
    *,
    delete: Annotated[bool, typer.Option("--delete", help="The product or document itself, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Rows that a person validated, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    watching: Watch = False,
) -> None:
    """Remove what was seeded for a product, or made of a document."""
    session = session_of(context)
    if bool(product) == bool(document):
        raise typer.BadParameter("Name either --product or --document.")
    subject = {"product_id": product} if product else {"document_id": document}
    with session.client() as api:
        accepted = api.clean_up({**subject, "delete_product": delete, "force": force, "dry_run": dry_run})
        if not watching:
            session.show(accepted, accepted.job_id)
            return
        job = watch(session, api, accepted.job_id)
    require_completed(job)
    session.show(job, "\n".join(f"{name}: {value}" for name, value in (job.result or {}).items()))
