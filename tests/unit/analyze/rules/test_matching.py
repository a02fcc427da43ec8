import pytest

from functions.analyze.engines.rules.matching import WordIndex, compile_pattern
from functions.analyze.engines.rules.negation import Negation
from functions.analyze.engines.rules.outlining import build_outline
from tests.support.builders.rules_pages import document

SENTENCES = (
    "Ihr Reisegepäck kommt verspätet an.",
    "Wir bezahlen die Annullierungskosten der Reise.",
    "Die Reisen sind versichert.",
    "Such- und Bergungskosten bis CHF 500.",
    "Unterkunft ohne Verpflegung.",
    "Die versicherten Personen reisen.",
)


@pytest.fixture(scope="module")
def index() -> WordIndex:
    return WordIndex(build_outline(document("\n".join(SENTENCES), language="de")).clauses)


@pytest.mark.parametrize(
    ("pattern", "sentences"),
    [
        ("Gepäck", {0}),
        ("gepack*", set()),
        ("*gepack*", {0}),
        ("reise*", {0, 1, 2, 5}),
        ("=reise", {1}),
        ("reise", {1, 2, 5}),
        ("*kosten", {1, 3}),
        ("gepäck + verspät*", {0}),
        ("gepäck|unterkunft + verspät*|ohne", {0, 4}),
        ("such und bergungskosten", {3}),
        ("bergungskosten such", set()),
        ("unterkunft + !verpflegung", set()),
        ("unterkunft + !hotel", {4}),
        ("^ die", {2, 5}),
        ("versichert $", {2}),
        ("=versichert", {2}),
    ],
)
def test_patterns(index: WordIndex, pattern: str, sentences: set[int]) -> None:
    assert set(index.find(pattern)) == sentences


def test_a_match_tells_where(index: WordIndex) -> None:
    match = index.find("annullierungskosten der")[1]
    assert (match.start, match.end) == (3, 5)


def test_the_first_pattern_wins(index: WordIndex) -> None:
    found = index.find_any(["verpflegung", "unterkunft"])
    assert found[4].start == 2


def test_a_pattern_needs_a_word() -> None:
    with pytest.raises(ValueError, match="names no word"):
        compile_pattern("!nothing")


def test_a_negated_name_is_known(index: WordIndex) -> None:
    negation = Negation(index, ["ohne"], [])
    assert negation.covers(index.find("verpflegung")[4])
    assert not negation.covers(index.find("unterkunft")[4])
