"""Amounts survive being written and read, in every form that documents use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.analyze.document.amounts import AmountKind, parse_amounts

_GROUPS = ["'", "’", ".", ",", " ", "\u00a0", "\u202f", ""]
_WORDS = st.sampled_from(["Wir zahlen", "We pay", "Nous payons", "bis", "up to", "jusqu'à", ""])


def written(value: int, cents: int | None, group: str, decimal: str) -> str:
    digits = f"{value:,}".replace(",", group)
    return digits if cents is None else f"{digits}{decimal}{cents:02d}"


@given(
    value=st.integers(min_value=1, max_value=99_999_999),
    cents=st.none() | st.integers(min_value=0, max_value=99),
    group=st.sampled_from(_GROUPS),
    currency=st.sampled_from([("CHF", "CHF"), ("EUR", "EUR"), ("€", "EUR"), ("£", "GBP"), ("USD", "USD")]),
    before=st.booleans(),
    words=_WORDS,
)
def test_money_is_read_as_written(
    value: int, cents: int | None, group: str, currency: tuple[str, str], before: bool, words: str
) -> None:
    decimal = "," if group == "." else "."
    number = written(value, cents, group, decimal)
    symbol, unit = currency
    money = f"{symbol} {number}" if before else f"{number} {symbol}"
    text = f"{words} {money} pro Person"
    (amount,) = parse_amounts(text)
    assert text[amount.start : amount.end] == money
    assert amount.value == pytest.approx(value + (cents or 0) / 100)
    assert (amount.kind, amount.unit, amount.scopes) == (AmountKind.MONEY, unit, ("per person",))


@given(
    value=st.integers(min_value=1, max_value=999),
    unit=st.sampled_from(
        [("Stunden", "hours"), ("heures", "hours"), ("days", "days"), ("Wochen", "weeks"), ("mois", "months")]
    ),
    words=_WORDS,
)
def test_durations_are_read_as_written(value: int, unit: tuple[str, str], words: str) -> None:
    word, name = unit
    text = f"{words} {value} {word}, sonst nichts"
    (amount,) = parse_amounts(text)
    assert (amount.value, amount.unit) == (value, name)
    assert text[amount.start : amount.end] == f"{value} {word}"


@given(st.text(max_size=200))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for amount in parse_amounts(text, currency="CHF"):
        assert end <= amount.start < amount.end <= len(text)
        assert (amount.value is None) == (amount.kind is AmountKind.UNLIMITED)
        end = amount.end
