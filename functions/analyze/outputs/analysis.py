"""What outputs are made of: an analysis, in the same run or in an ended job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.analyze.document.model import Document
from functions.analyze.extract.source import Source
from shared.findings.model import ResultTree
from shared.taxonomy.model import Taxonomy


@dataclass(frozen=True, slots=True)
class Origin:
    """Which analysis it is: its job, the file, the engine and its model, and what they warned of."""

    job_id: str
    file_name: str
    engine: str
    model: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """An analysis whose findings are there; each part is read when it is needed.

    ``source`` returns the opened file that was analysed, ``artifact`` returns an artifact (JSON) that the
    ended job has published, or None.
    """

    document: Callable[[], Document]
    taxonomy: Callable[[], Taxonomy]
    tree: Callable[[], ResultTree]
    source: Callable[[], Source]
    origin: Callable[[], Origin]
    artifact: Callable[[str], Any] = lambda _name: None


def reader_language(params: Mapping[str, Any], document: Document) -> str:
    """Return the language that a report is written in, as far as there are words for it."""
    return str(params.get("report_language") or params.get("translate_to") or document.language)
