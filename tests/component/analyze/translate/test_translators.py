"""The translators: which pairs they offer, and what they make of paragraphs."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff

from functions.analyze.outputs.translation.amazon import MAX_BYTES, AmazonTranslate, parts
from functions.analyze.outputs.translation.apertium import Apertium
from functions.analyze.outputs.translation.port import Register, Wish, choose
from shared.errors import PermanentError, TransientError
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.workflow import Run
from shared.memory.files import MemoryFiles
from tests.support.fakes.translate_server import TranslateServer, serve

SPANISH = Wish("es", "en")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = Run(Job("j1", Kind.ANALYSIS, Owner("directus", "u1"), {}, NOW, NOW, fence=1), MemoryFiles())
Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return what writes a program that lists a mode and does ``body`` otherwise."""

    def write(body: str) -> str:
        path = tmp_path / "apertium"
        path.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then echo "  spa-eng"; exit 0; fi\n{body}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


def test_nothing_is_offered_where_nothing_is_installed() -> None:
    nowhere = Apertium("no-such-program")
    assert not nowhere.offers(SPANISH)
    with pytest.raises(PermanentError, match="has no pair es-en"):
        nowhere.translate(["Hola"], SPANISH, RUN)


def test_installed_modes_are_offered_in_the_faithful_register(program: Program) -> None:
    apertium = Apertium(program("cat"))
    assert apertium.offers(SPANISH)
    assert not apertium.offers(Wish("en", "es"))
    assert not apertium.offers(Wish("es", "en", Register.PLAIN))


def test_paragraphs_come_back_in_order_and_number(program: Program) -> None:
    apertium = Apertium(program("tr a-z A-Z"))
    assert apertium.translate(["uno\ndos", "", "tres"], SPANISH, RUN) == ["UNO DOS", "", "TRES"]


@pytest.mark.parametrize("body", ["exit 3", "cat > /dev/null", "cat > /dev/null; echo x"])
def test_a_program_that_fails_is_no_translation(program: Program, body: str) -> None:
    with pytest.raises(TransientError, match="Apertium"):
        Apertium(program(body)).translate(["uno"], SPANISH, RUN)


@pytest.mark.skipif(shutil.which("apertium") is None, reason="Apertium is not installed")
def test_the_real_apertium_keeps_the_numbers() -> None:
    apertium = Apertium()
    if not apertium.offers(SPANISH):
        pytest.skip("Apertium has no Spanish-English pair here")
    found = apertium.translate(
        ["El asegurador paga hasta 1.500,00 EUR por persona.", "La cláusula 4.2"], SPANISH, RUN
    )
    assert "1.500,00 EUR" in found[0]
    assert "pays" in found[0]
    assert found[1].endswith("4.2")


def test_amazon_offers_its_languages_in_both_directions() -> None:
    amazon = AmazonTranslate()
    assert amazon.offers(Wish("de", "ta"))
    assert not amazon.offers(Wish("de", "de"))
    assert not amazon.offers(Wish("xx", "de"))
    assert not amazon.offers(Wish("de", "en", Register.PLAIN))


@pytest.mark.parametrize(
    "text", ["Ein Satz. " * 3000, "wort " * 5000, "ä" * 4000, "kurz", "Ein Satz. " + "wort " * 4000]
)
def test_long_paragraphs_go_in_parts_without_loss(text: str) -> None:
    found = list(parts(text))
    assert "".join(" ".join(found).split()) == "".join(text.split())
    assert all(len(part.encode()) <= MAX_BYTES for part in found)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[AmazonTranslate, TranslateServer]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda _self, _context: 0.0)
    with serve() as server:
        yield AmazonTranslate(server.url), server


def test_amazon_translates_each_paragraph(amazon: tuple[AmazonTranslate, TranslateServer]) -> None:
    translator, server = amazon
    long = "Ein Satz mit Wörtern. " * 600
    found = translator.translate(["Eins", " ", long], Wish("de", "en"), RUN)
    assert found[:2] == ["EINS", ""]
    assert "".join(found[2].split()) == "".join(long.upper().split())
    assert len(server.calls) == 3
    assert {(source, target) for _, source, target in server.calls} == {("de", "en")}
    assert translator.usage(RUN) == {}


def test_a_throttled_amazon_is_tried_again_later(amazon: tuple[AmazonTranslate, TranslateServer]) -> None:
    translator, server = amazon
    server.errors = ["ThrottlingException"] * 10
    with pytest.raises(TransientError):
        translator.translate(["Eins"], Wish("de", "en"), RUN)


def test_what_amazon_refuses_is_an_error(amazon: tuple[AmazonTranslate, TranslateServer]) -> None:
    translator, server = amazon
    server.errors = ["UnsupportedLanguagePairException"]
    with pytest.raises(PermanentError):
        translator.translate(["Eins"], Wish("de", "en"), RUN)


def test_the_first_that_offers_is_chosen(program: Program) -> None:
    apertium = Apertium(program("cat"))
    amazon = AmazonTranslate()
    assert choose([apertium, amazon], SPANISH) is apertium
    assert choose([apertium, amazon], Wish("de", "en")) is amazon
    with pytest.raises(PermanentError, match=r"No configured translator \(apertium\) offers de to en"):
        choose([apertium], Wish("de", "en"))
    with pytest.raises(PermanentError, match="TRANSLATORS"):
        choose([], SPANISH)
