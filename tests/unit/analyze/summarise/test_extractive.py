"""Summaries out of the document's own sentences."""

from __future__ import annotations

import pytest

from functions.analyze.outputs.summary import extractive
from functions.analyze.outputs.summary.extractive import candidates, choose
from tests.support.builders.rules_pages import document

TEXT = """
# Part A
The insurer pays for luggage that is lost during the insured journey.
The insurer also pays for luggage that is lost during the insured journey.
- Luggage is paid for when the insurer finds that it was lost.
# Part B
Complaints may be sent to the ombudsman of private insurance in writing.
Too short.
| a row | of a table with many words in it that count for nothing |
"""


def test_only_running_text_is_a_candidate() -> None:
    found = candidates(document(TEXT, "A second page with one more sentence of some length."))
    assert [sentence.page for sentence in found] == [1, 1, 1, 1, 2]
    assert found[0].section == ("Part A",)
    assert found[3].section == ("Part B",)


def test_central_sentences_win_and_do_not_repeat_each_other() -> None:
    found = candidates(document(TEXT))
    (first,) = choose(found, 1)
    assert "luggage" in first.text.lower()
    two = choose(found, 2)
    assert found.index(two[0]) < found.index(two[1])
    assert {found.index(sentence) for sentence in two} != {0, 1}


def test_short_documents_are_their_own_summary_and_empty_ones_have_none() -> None:
    assert len(choose(candidates(document(TEXT)), 10)) == 4
    assert choose(candidates(document("")), 3) == []


def test_sentences_that_are_all_alike_or_all_different_are_ranked_too() -> None:
    alien = document("\n".join(f"w{n}a w{n}b w{n}c w{n}d w{n}e w{n}f w{n}g" for n in "abcdef"))
    assert len(choose(candidates(alien), 2)) == 2
    same = document("\n".join(["The very same sentence stands here again and again."] * 5))
    assert len(choose(candidates(same), 2)) == 1


def test_a_very_long_text_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    found = candidates(
        document("\n".join(f"The insurer pays item {n} x{n} y{n} z{n} of the list." for n in range(50)))
    )
    monkeypatch.setattr(extractive, "MAX_CANDIDATES", 20)
    assert len(choose(found, 3)) == 3
