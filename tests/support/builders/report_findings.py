"""A small result for the tests of reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.analyze.document.model import Document, Page
from functions.analyze.outputs.report.content import About, Report, make_report
from shared.findings.model import Details, Evidence, Finding, ResultTree

TEXT = "Baggage is insured. Loss: up to CHF 2'000 per person. =1+1 is excluded."
ABOUT = About("policy.pdf", "job-1", "rules", "travel 1", datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
LABELS = {"luggage": "Luggage", "loss": "Loss of luggage"}


def evidence(quote: str, page: int = 1) -> tuple[Evidence, ...]:
    start = TEXT.index(quote)
    return (Evidence(page, quote, start, start + len(quote), ((10.0, 20.0, 200.0, 30.0),)),)


def finding(name: str, quote: str, **fields: Any) -> Finding:
    return Finding(name, fields.pop("confidence", 0.9), evidence(quote), item_id=name, **fields)


def tree() -> ResultTree:
    loss = "Loss: up to CHF 2'000 per person."
    limits = (
        finding("maximum", loss, value=2000.0, unit="CHF", scope="per person"),
        finding("maximum", loss, value=None, unit="unlimited", scope="Premium"),
        finding("deductible", loss, value=12.5, unit="%", confidence=0.6),
    )
    benefit = finding("loss", loss, limits=limits)
    segment = finding(
        "luggage",
        "Baggage is insured.",
        benefits=(benefit,),
        exclusions=(finding("formula_like", "=1+1 is excluded."),),
    )
    product = Details(limits=(finding("waiting_period", loss, value=7.0, unit="days"),))
    return ResultTree((segment,), product)


def document(label: str = "i") -> Document:
    return Document((Page(1, TEXT, label=label),), "en", "application/pdf")


def report(language: str = "en", result: ResultTree | None = None, **more: Any) -> Report:
    return make_report(tree() if result is None else result, document(), ABOUT, LABELS, language, **more)
