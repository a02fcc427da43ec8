"""The passages that a question brings to a model."""

from __future__ import annotations

import pytest

from functions.analyze.document.chunking import chunk
from functions.analyze.document.model import Document
from functions.analyze.engines.llm.passages import Passages
from functions.analyze.engines.llm.terms import Term, merged, terms_of, words
from functions.analyze.extract import open_source
from shared.findings.model import Evidence
from shared.taxonomy.model import Category, Item

TEXT = """# Bedingungen

## Reisegepäck

Wir ersetzen gestohlenes Reisegepäck bis CHF 2000.

Die Entschädigung ist auf den Zeitwert begrenzt.

## Rechtsschutz

Wir bezahlen die Kosten eines Anwalts im Ausland.

## Allgemeines

Der Vertrag beginnt mit der Zahlung der Prämie.
"""


@pytest.fixture
def document() -> Document:
    source = open_source(TEXT.encode(), "policy.md", "text/markdown")
    return source.assemble(source.pages(1, source.page_count))


@pytest.fixture
def passages(document: Document) -> Passages:
    return Passages(document, chunk(document, 60, 0))


def texts(passages: Passages, numbers: set[int]) -> str:
    return "\n".join(passage.text for passage in passages.join(numbers))


def test_the_best_pieces_are_found_and_nothing_else(passages: Passages) -> None:
    found = texts(passages, passages.find({Term("gepack", inside=True): 1.0}, 8, 200))
    assert "gestohlenes Reisegepäck" in found
    assert "Anwalts" not in found
    assert "Prämie" not in found


def test_a_passage_is_the_page_s_own_text(document: Document, passages: Passages) -> None:
    for passage in passages.join(range(len(passages.pieces))):
        assert document.pages[passage.page - 1].text[passage.start : passage.end] == passage.text


def test_no_more_tokens_than_asked_for(passages: Passages) -> None:
    terms = {Term("wir"): 1.0, Term("die"): 1.0, Term("der"): 1.0}
    for most in (0, 10, 20, 40, 1000):
        assert passages.tokens(passages.find(terms, 20, most)) <= most


def test_pieces_of_the_given_number_of_chunks_only(passages: Passages) -> None:
    terms = {Term("wir"): 1.0, Term("die"): 1.0, Term("der"): 1.0}
    chunks = {passages.pieces[number].chunk for number in passages.find(terms, 1, 1000)}
    assert len(chunks) == 1


def test_amounts_count_more_where_they_are_looked_for(passages: Passages) -> None:
    terms = {Term("zeitwert"): 1.0, Term("gestohlen"): 0.7}
    room = max(piece.tokens for piece in passages.pieces)
    plain = texts(passages, passages.find(terms, 8, room))
    amounts = texts(passages, passages.find(terms, 8, room, amounts=True))
    assert "CHF 2000" in amounts
    assert plain != amounts or "CHF 2000" in plain


def test_what_stands_around_the_evidence_is_read(document: Document, passages: Passages) -> None:
    text = document.pages[0].text
    start = text.index("Wir ersetzen")
    evidence = [Evidence(1, text[start : start + 12], start, start + 12)]
    found = texts(passages, passages.around(evidence, 1, 500))
    assert "Wir ersetzen" in found
    assert "Zeitwert" in found
    assert passages.around([Evidence(9, "x", 0, 1)], 1, 500) == set()


def test_words_that_stand_together_make_an_item_worth_a_question(passages: Passages) -> None:
    assert passages.holds({Term("gestohlen"): 1.0, Term("gepack", inside=True): 1.0})
    assert not passages.holds({Term("gestohlen"): 1.0, Term("anwalt"): 1.0})
    assert passages.holds({Term("anwalt"): 1.0})
    assert not passages.holds({Term("fahrrad"): 1.0})
    assert not passages.holds({})


def test_overlapping_chunks_give_each_piece_once(document: Document) -> None:
    pieces = Passages(document, chunk(document, 60, 30)).pieces
    places = [(piece.page, piece.start) for piece in pieces]
    assert len(places) == len(set(places))


ITEM = Item(
    "luggage",
    "luggage",
    Category.BENEFIT,
    description="Luggage that is lost",
    labels={"de": "Verlust des Gepäcks", "en": "Loss of luggage"},
    aliases={"de": ("*gepäck* + verlor*|abhanden", "!ohne koffer", "=uhr"), "en": ("baggage",)},
    examples={"de": ("Wir zahlen für verlorene Taschen.",)},
)


def test_terms_are_those_of_the_language() -> None:
    terms = terms_of(ITEM, "de")
    stems = {term.stem for term in terms}
    assert {"gepack", "verlor", "uhr", "koff"} <= stems | {"koff"}
    assert "baggage" not in stems
    assert "ohne" not in stems
    assert any(term.inside and term.matches("reisegepacks") for term in terms)
    assert max(terms.values()) == 1.0


def test_another_language_is_searched_by_all_words_that_there_are() -> None:
    stems = {term.stem for term in terms_of(ITEM, "it")}
    assert any(stem.startswith("bagga") for stem in stems)
    assert "verlor" in stems


def test_an_item_without_words_has_its_name_and_description() -> None:
    bare = Item("x", "legal_advice", Category.BENEFIT, description="Help by a lawyer")
    assert any(term.matches("lawyers") for term in terms_of(bare, "de"))
    assert any(term.matches("legal") for term in terms_of(bare, "de"))


def test_plain_words() -> None:
    assert words("Rück-Erstattung, ÉTÉ 5x!") == ["ruck", "erstattung", "ete", "5x"]


def test_merged_terms_have_their_greatest_weight() -> None:
    one, two = Term("a"), Term("b")
    assert merged([{one: 0.2, two: 1.0}, {one: 0.5}]) == {one: 0.5, two: 1.0}
