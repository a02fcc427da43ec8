"""What has to survive a translation is compared by value, not by how it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.analyze.outputs.translation.checks import dates, names, numbers, remarks
from functions.analyze.outputs.translation.port import Register


@pytest.mark.parametrize(
    ("original", "translated"),
    [
        ("bis CHF 1'000.– pro Person", "up to CHF 1,000 per person"),
        ("hasta 1.500,50 EUR", "up to EUR 1,500.50"),
        ("am 12.03.2025", "on March 12, 2025"),
        ("a partir del 3 de mayo de 2024", "from 3 May 2024"),
        ("le 1er janvier 2026, 30 %", "30 % on 1 January 2026"),
        ("Sr. García López, ver cláusula 4.2", "Mr García López, see clause 4.2"),
        (
            "Helvora Versicherungen AG, info@helvora.example",
            "Helvora Versicherungen AG, info@helvora.example",
        ),
        ("", ""),
    ],
)
def test_what_is_kept_gives_no_remark(original: str, translated: str) -> None:
    assert remarks(original, translated) == []


@pytest.mark.parametrize(
    ("original", "translated", "expected"),
    [
        ("bis CHF 1'000", "up to CHF 10,000", ["Numbers differ: missing 1000; added 10000."]),
        ("10 oder 10", "10", ["Numbers differ: missing 10."]),
        ("am 12.03.2025", "on 13 March 2025", ["Dates differ: missing 2025-03-12; added 2025-03-13."]),
        ("Sr. García López", "Mr. Smith", ["Names differ: missing García López."]),
        (
            "Police AB-1234",
            "policy AB-1243",
            ["Numbers differ: missing 1234; added 1243.", "Names differ: missing AB-1234."],
        ),
        ("1 2 3 4 5 6 7", "", ["Numbers differ: missing 1, 2, 3, 4, 5 and 2 more."]),
    ],
)
def test_what_differs_is_told(original: str, translated: str, expected: list[str]) -> None:
    assert remarks(original, translated) == expected


def test_plain_language_may_say_a_number_once() -> None:
    assert remarks("10 oder 10 und 5", "10, 5", Register.PLAIN) == []
    assert remarks("10", "10 und 11", Register.PLAIN) == ["Numbers differ: added 11."]


def test_a_month_is_no_word_like_another() -> None:
    assert dates("May 5 persons travel") == dates("am 5. Mai")
    assert dates("12 Personen") == {}
    assert numbers("12 Personen am 5. Mai") == {"12": 1}


def test_names_come_once_in_order() -> None:
    assert names("Frau Meier und Herr Kunz, Frau Meier") == ["Meier", "Kunz"]


def test_a_letter_that_numbers_a_part_is_no_title() -> None:
    assert names("Teil D Personen-Assistance\nD Rettung, D. Pedro Ruiz") == ["Pedro Ruiz"]


@given(st.text(max_size=200))
def test_a_text_is_like_itself(text: str) -> None:
    assert remarks(text, text) == []
