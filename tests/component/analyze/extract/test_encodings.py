"""Texts in the encodings that senders use, with and without a word about it."""

from __future__ import annotations

import pytest

from functions.analyze.extract.encoding import decode
from tests.support.extraction import extract

GERMAN = "Versicherungsschutz für Gepäck und Reiserücktritt: höchstens 1'000 Franken. Übermass trägt ihr."
FRENCH = (
    "L'assuré est couvert à l'étranger jusqu'à 2 000 francs; les frais médicaux sont plafonnés, même à Noël."
)


@pytest.mark.parametrize("text", [GERMAN, FRENCH])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "mac_roman"],
)
def test_a_text_comes_out_as_it_was_written(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert decode(data) == text
    if not encoding.startswith("utf-32"):
        assert extract(data, "policy.txt").pages[0].text == text


def test_signs_of_windows_are_no_letters_of_mac() -> None:
    text = "«Gepäck» – bis 1’000 € je Fall … „höchstens“"
    assert decode(text.encode("cp1252")) == text


def test_a_damaged_character_spoils_no_other() -> None:
    data = GERMAN.encode().replace("Ü".encode(), b"\xff", 1)
    assert decode(data) == GERMAN.replace("Ü", "\ufffd", 1)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("ISO-8859-1", "cp1252"), ("windows-1250", "cp1250"), ("macintosh", "mac_roman"), ("utf-8", "cp1252")],
)
def test_html_says_what_it_is_in(declared: str, encoding: str) -> None:
    html = f'<html><head><meta charset="{declared}"></head><body><p>Für die Überführung</p></body></html>'
    assert extract(html.encode(encoding), "policy.html").pages[0].text == "Für die Überführung"


@pytest.mark.parametrize("declared", [b"hex", b"no-such", b"idna", b"utf-16", b"unicode_escape"])
def test_what_html_says_is_not_believed_where_it_makes_no_sense(declared: bytes) -> None:
    data = b"<meta charset=" + declared + b"><p>F\xfcr alle</p>"
    assert extract(data, "policy.html").pages[0].text == "Für alle"


def test_marks_for_printers_are_no_text() -> None:
    data = "Ver\u00adsicherungs\u00adschutz für \ufb01nanzielle Fol\u200bgen".encode()
    assert extract(data, "policy.txt").pages[0].text == "Versicherungsschutz für finanzielle Folgen"
