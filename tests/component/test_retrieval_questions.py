"""The questions about documents hold together, and keywords alone answer a known share of them."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.retrieval.evaluation import Figures, Shelves, evaluate, read
from tests.retrieval.questions import Case, cases, find, letters
from tests.support.fakes.word_embeddings import WordEmbeddings

FOLDER = os.environ.get("EVALUATION_DIR", "")
CASES = cases()
HERE = [case for case in CASES if find(case.document, FOLDER) is not None]


def test_there_are_enough_of_each_language() -> None:
    assert len(CASES) >= 60
    assert len({case.question for case in CASES}) == len(CASES)
    assert min(Counter(case.language for case in CASES)[language] for language in ("de", "fr", "en")) >= 15


def test_each_answer_stands_on_its_page() -> None:
    pages = {}
    for case in HERE:
        path = find(case.document, FOLDER)
        assert path is not None
        if case.document not in pages:
            pages[case.document] = {page.number: letters(page.text) for page in read(path).pages}
        assert letters(case.phrase) in pages[case.document][case.page], case


def test_figures_count_ranks() -> None:
    assert Figures.of([1, 2, 0, 10]) == Figures(4, 0.25, 0.5, (1 + 0.5 + 0.1) / 4)


def test_a_passage_answers_on_its_page_only() -> None:
    case = Case("a", "de", 3, "bis CHF 500.–", "?")
    assert case.answered_by("Wir zahlen bis CHF\n500.– für alles", range(2, 4))
    assert not case.answered_by("Wir zahlen bis CHF 500.– für alles", range(1, 3))


def test_keywords_find_most_answers_in_the_same_language() -> None:
    """Half of them would be luck: the floor is below what decision 27 says, and far above that."""
    shelves = Shelves(WordEmbeddings(batch=1000))
    asked = [case for case in HERE if case.document.endswith(".md") and case.language == "de"]
    for document in {case.document for case in asked}:
        path = find(document)
        assert path is not None
        shelves.add(path)
    figures = evaluate(shelves, asked)
    assert figures["keywords"]["same language"].recall_5 >= 0.5
    assert set(figures) == {"vectors", "keywords", "hybrid"}


@pytest.mark.parametrize("document", sorted({case.document for case in CASES if case.document[-3:] != "pdf"}))
def test_documents_of_the_project_are_there(document: str) -> None:
    assert find(document) is not None
