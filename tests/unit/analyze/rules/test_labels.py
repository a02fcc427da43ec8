import pytest

from functions.analyze.engines.rules.labels import Label, parse_label


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("B 3.2.4 Return home", ("B", "3", "2", "4")),
        ("F1.2 Reise-Assistance", ("F", "1", "2")),
        ("Art. 12 Haftung", ("12",)),
        ("Article 1.2 Définitions", ("1", "2")),
        ("§ 5 Umfang", ("5",)),
        ("202.9.1 Besuchskosten", ("202", "9", "1")),
        ("II Gemeinsames", ("II",)),
        ("A Leistungsübersicht", ("A",)),
        ("3. Theft", ("3",)),
        ("4 Definitionen", ("4",)),
    ],
)
def test_numbers_are_read_in_parts(text: str, parts: tuple[str, ...]) -> None:
    label, end = parse_label(text)
    assert label is not None
    assert label.parts == parts
    assert (
        text[end:].strip() == text.split(maxsplit=2 if text[0] in "BA§" and " " in text[:5] else 1)[-1] or end
    )


@pytest.mark.parametrize("text", ["Reisegepäck", "1000 francs", "Versichert sind", ""])
def test_words_are_no_numbers(text: str) -> None:
    assert parse_label(text) == (None, 0)


def test_numbers_know_their_place() -> None:
    assert Label(("B", "3", "2")).is_below(Label(("B", "3")))
    assert not Label(("B", "3")).is_below(Label(("B", "3")))
    assert Label(("B", "3")).follows(Label(("B", "2")))
    assert not Label(("B", "1")).follows(Label(("B", "2")))
    assert not Label(("C", "3")).follows(Label(("B", "2")))
    assert Label(("II",)).follows(Label(("I",)))
    assert Label(("IX",)).follows(Label(("VIII",)))
    assert Label(("C",)).follows(Label(("B",)))


def test_a_number_is_past_what_it_has_left_behind() -> None:
    assert Label(("B", "2", "2")).is_past(Label(("B", "1", "3")))
    assert not Label(("B", "2", "2")).is_past(Label(("B", "2")))
    assert not Label(("C", "1")).is_past(Label(("B", "5")))
    assert not Label(("3",)).is_past(Label(("2", "1")))
    assert not Label(("B", "2")).is_past(Label(("1",)))


def test_sections_and_chapters() -> None:
    assert Label(("3", "1")).is_section
    assert Label(("3",), worded=True).is_section
    assert not Label(("3",)).is_section
    assert Label(("C", "1")).starts_chapter
    assert not Label(("C", "2")).starts_chapter
    assert Label(("1",)).starts_series
