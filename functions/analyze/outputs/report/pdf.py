"""The report as PDF, typeset by Typst: tagged (PDF/UA-1), with outline, links and page numbers.

Texts of the document go in as data, never as markup. The same report gives the same bytes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from functions.analyze.outputs.report.content import (
    KINDS,
    Entry,
    Group,
    Report,
    by_proof,
    limits_text,
    titles,
)
from functions.analyze.outputs.report.fonts import families
from functions.analyze.outputs.translation.port import TranslatedPage
from shared.findings.model import Evidence

MEDIA_TYPE = "application/pdf"
_TEMPLATE = Path(__file__).with_name("report.typ")

# Returns a PNG of the marked passage, None where there is no picture of the page.
Clip = Callable[[Evidence], bytes | None]


def write_pdf(report: Report, clip: Clip | None = None) -> bytes:
    """Return the PDF; ``clip`` gives the picture of a passage, for segments and benefits."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = Path(shutil.copy(_TEMPLATE, place / "report.typ"))
        data = _Data(report, place, clip).make()
        (place / "report.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        made = int(report.about.created_at.timestamp())
        try:
            pdf: bytes = typst.compile(
                source, root=place, format="pdf", pdf_standards=["ua-1"], timestamp=made
            )
        except typst.TypstError:
            # PDF/UA allows no character that no font has; a report with a blank is better than none.
            pdf = typst.compile(source, root=place, format="pdf", timestamp=made)
    return pdf


class _Data:
    """What the template reads, and the pictures beside it."""

    def __init__(self, report: Report, place: Path, clip: Clip | None) -> None:
        self._report = report
        self._place = place
        self._clip = clip
        self._numbers = count(1)

    def make(self) -> dict[str, Any]:
        report = self._report
        return {
            "title": report.about.file_name,
            "language": report.words.language,
            "fonts": families(),
            "words": dict(report.words.table),
            "about": {"job_id": report.about.job_id},
            "document_language": report.document_language or "en",
            "facts": _facts(report),
            "warnings": list(report.about.warnings),
            "summary": [
                {
                    "text": sentence.text,
                    "pages": ", ".join(map(str, sentence.pages)),
                    "language": report.summary_language or "en",
                }
                for sentence in report.summary
            ],
            "segments": [self._group(segment) for segment in report.segments],
            "product": self._group(report.product),
            "has_product": not report.product.empty,
            "translation": [_translated(page) for page in report.translation],
            "translation_language": report.translation_language or "en",
            "method_note": _method_note(report),
        }

    def _group(self, group: Group) -> dict[str, Any]:
        return {
            "anchor": f"finding-{next(self._numbers)}",
            "entry": None if group.entry is None else self._entry([group.entry], picture=True),
            "limits_text": limits_text(group),
            "benefits": [self._group(benefit) for benefit in group.benefits],
            **{kind: [self._entry(same) for same in by_proof(getattr(group, kind))] for kind in KINDS},
        }

    def _entry(self, entries: Sequence[Entry], *, picture: bool = False) -> dict[str, Any]:
        """Return entries that share a passage; the least certain one speaks for them."""
        proof = entries[0].proof
        return {
            "label": entries[0].label,
            "amount": entries[0].amount,
            "titles": titles(entries),
            "confidence": min(entry.confidence for entry in entries),
            "page": proof.page,
            "page_label": proof.page_label,
            "section": proof.section,
            "quote": proof.quote,
            "clip": self._picture(proof.evidence) if picture else None,
            "clip_alt": f"{self._report.words['page']} {proof.page}: {proof.quote}",
        }

    def _picture(self, evidence: Evidence) -> str | None:
        png = None if self._clip is None else self._clip(evidence)
        if png is None:
            return None
        name = f"clip-{next(self._numbers)}.png"
        (self._place / name).write_bytes(png)
        return name


def _facts(report: Report) -> list[tuple[str, str]]:
    words, about = report.words, report.about
    return [
        (words["document"], about.file_name),
        (words["pages"], str(report.page_count)),
        (words["language"], report.document_language),
        (words["segments"], str(len(report.segments))),
        (words["benefits"], str(sum(len(segment.benefits) for segment in report.segments))),
        *((words[kind], str(report.count(kind))) for kind in KINDS),
        (words["engine"], about.engine),
        (words["taxonomy"], about.taxonomy),
        (words["created"], about.created_at.strftime("%Y-%m-%d %H:%M UTC")),
    ]


def _method_note(report: Report) -> str:
    if report.about.services:
        return report.words["services_text"] + ", ".join(report.about.services)
    return report.words["rules_text"]


def _translated(page: TranslatedPage) -> dict[str, Any]:
    """Set paragraphs beside each other where both sides have the same number of them."""
    original, translated = page.original.splitlines(), page.translated.splitlines()
    if len(original) != len(translated):
        original, translated = [page.original], [page.translated]
    rows = [pair for pair in zip(original, translated, strict=True) if any(side.strip() for side in pair)]
    return {"page": page.page, "remarks": list(page.remarks), "rows": rows}
