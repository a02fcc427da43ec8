"""The sample documents: they are what their sources give, and their labels quote them."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import docx
import pytest

from infra.samples import __main__ as command
from infra.samples import catalogue, formats, markup, pdf

POLICIES = ("helvora-de", "helvora-fr", "helvora-en")
LABELLED = (*POLICIES, "small")
LIMIT_TYPES = {
    "maximum_coverage_amount",
    "daily_maximum",
    "annual_maximum",
    "per_item_maximum",
    "valuables_limit",
    "deductible",
    "insolvency_coverage_limit",
    "percentage_of_sum",
    "waiting_period",
    "duration_limit",
}


def labels(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((catalogue.SAMPLES / "expected" / f"{name}.json").read_text("utf-8"))
    return loaded


def text_of(name: str) -> str:
    if name == "small":
        return (catalogue.SAMPLES / "small.txt").read_text("utf-8")
    return "\n".join(pdf.page_texts((catalogue.SAMPLES / f"{name}.pdf").read_bytes()))


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return catalogue.render_all()


def test_every_stored_file_is_what_its_source_gives(rendered: dict[str, bytes]) -> None:
    stale = [
        name
        for name, content in rendered.items()
        if not catalogue.same(name, (catalogue.SAMPLES / name).read_bytes(), content)
    ]
    assert stale == []


def test_rendering_twice_gives_the_same_bytes(rendered: dict[str, bytes]) -> None:
    source = catalogue.SAMPLES / "src" / "helvora-household-en.typ"
    assert pdf.render(source) == rendered["helvora-household-en.pdf"]
    blocks = markup.parse((catalogue.SAMPLES / "small.md").read_text("utf-8"))
    assert formats.to_docx(blocks) == rendered["small.docx"]


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [*((name, 6, 12) for name in POLICIES), ("helvora-household-en", 2, 4)],
)
def test_the_length_is_that_of_a_real_policy(name: str, fewest: int, most: int) -> None:
    pages = pdf.page_texts((catalogue.SAMPLES / f"{name}.pdf").read_bytes())
    assert fewest <= len(pages) <= most
    assert all(page.strip() for page in pages)


@pytest.mark.parametrize("name", LABELLED)
def test_every_expected_quote_stands_in_the_text(name: str) -> None:
    text = squeeze(text_of(name))
    expected = labels(name)
    entries = [*expected["segments"].values(), *expected["benefits"].values()]
    quotes = [entry["quote"] for entry in entries]
    quotes += [limit["quote"] for entry in entries for limit in entry.get("limits", [])]
    assert [quote for quote in quotes if squeeze(quote) not in text] == []


@pytest.mark.parametrize("name", LABELLED)
def test_labels_are_complete_and_consistent(name: str) -> None:
    expected = labels(name)
    assert len(expected["segments"]) == 10
    assert len(expected["benefits"]) == 56
    assert list(expected["benefits"]) == list(labels("helvora-de")["benefits"])
    for pair, label in expected["benefits"].items():
        segment = expected["segments"][pair.partition("/")[0]]
        if label["included"]:
            assert segment["included"], pair
            assert label["quote"], pair
            assert label["section"], pair
        if label["included"] is False:
            assert label["limits"] == [], pair


@pytest.mark.parametrize("name", LABELLED)
def test_every_limit_gives_a_number_of_its_quote(name: str) -> None:
    for pair, label in labels(name)["benefits"].items():
        for limit in label["limits"]:
            assert limit["type"] in LIMIT_TYPES, pair
            if limit["value"] is None:
                assert limit["unit"] == "unlimited", pair
            else:
                digits = re.sub(r"(?<=\d)[', ](?=\d{3})", "", limit["quote"])
                assert re.search(rf"(?<!\d){limit['value']}(?!\d)", digits), (pair, limit)


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_leaves_out_segments_that_it_names(name: str) -> None:
    left_out = [label for label in labels(name)["segments"].values() if label["included"] is False]
    assert len(left_out) >= 3
    assert all(label["quote"] for label in left_out)


def test_the_short_sample_says_the_same_in_all_formats() -> None:
    folder = catalogue.SAMPLES
    html = (folder / "small.html").read_text("utf-8")
    body = html[html.index("<body>") :]
    document = docx.Document(str(folder / "small.docx"))
    word = [item.text for item in document.paragraphs]
    word += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    source = re.sub(r"(?m)[#|]|---|^- ", " ", (folder / "small.md").read_text("utf-8")).split()
    text = re.sub(r"(?m)^- ", "", (folder / "small.txt").read_text("utf-8")).split()
    assert text == source
    assert re.sub(r"<[^>]+>", " ", body).split() == source
    assert sorted(" ".join(word).split()) == sorted(source)


def test_check_names_a_file_that_no_longer_fits(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    shutil.copytree(catalogue.SAMPLES, folder)
    assert catalogue.outdated(folder) == []
    source = folder / "src" / "helvora-household-en.typ"
    source.write_text(source.read_text("utf-8").replace("£60,000", "£65,000"), "utf-8")
    (folder / "small.md").write_text("# Another title\n", "utf-8")
    (folder / "helvora-de.pdf").unlink()
    assert catalogue.outdated(folder) == [
        "helvora-de.pdf",
        "helvora-household-en.pdf",
        "small.html",
        "small.txt",
        "small.docx",
    ]


def test_the_command_fails_where_a_file_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "samples"
    shutil.copytree(catalogue.SAMPLES, folder)
    (folder / "small.txt").write_text("stale", "utf-8")
    assert command.main(["--check"], folder) == 1
    assert "samples/small.txt is stale" in capsys.readouterr().err
    assert command.main([], folder) == 0
    assert command.main(["--check"], folder) == 0


def test_the_household_policy_is_of_another_line() -> None:
    text = text_of("helvora-household-en")
    assert "Escape of water" in text
    assert not re.search(r"\b(trip|luggage|baggage)\b", text.lower())


def test_word_files_are_compared_by_their_members() -> None:
    blocks = markup.parse("# Title\n\nOne.\n")
    other = markup.parse("# Title\n\nTwo.\n")
    assert catalogue.same("a.docx", formats.to_docx(blocks), formats.to_docx(blocks))
    assert not catalogue.same("a.docx", formats.to_docx(blocks), formats.to_docx(other))
    assert docx.Document(io.BytesIO(formats.to_docx(blocks))).core_properties.title == "Title"
