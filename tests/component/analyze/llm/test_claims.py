"""A claim counts only where the text proves it: quote, number, unit, scope and place."""

from __future__ import annotations

import pytest

from functions.analyze.document.model import Page
from functions.analyze.engines.llm.passages import Passage
from functions.analyze.engines.llm.verify import find_number, find_quote
from shared.jobs.model import Status
from tests.support.fakes.model_server import ModelServer
from tests.support.worlds.model_analysis import RIGHT, ModelWorld

TEXT = (
    "Wir zahlen für verlo-\nrenes Gepäck bis CHF 2'000.– pro\nPerson, für «Wertsachen» 30 %, unlimited help."
)
PASSAGES = [Passage(1, 0, 20, TEXT[:20], (), 5), Passage(1, 0, len(TEXT), TEXT, ("Gepäck",), 30)]
PAGE = Page(1, TEXT)


@pytest.mark.parametrize("engine", ["openai", "bedrock"])
def test_invented_quotes_prove_nothing(world: ModelWorld, server: ModelServer, engine: str) -> None:
    server.fault = lambda _prompt: "hallucinated"
    job = world.run(engine=engine)
    assert job.status is Status.COMPLETED
    assert world.found(job) == {}
    assert job.result is not None
    assert job.result["claims_dropped"] == job.result["claims"] > 0
    assert job.result["warnings"] == ["2 claims of the model were dropped: the text does not prove them."]


def test_wrong_numbers_are_no_limits(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "wrong_numbers"
    job = world.run()
    assert world.found(job) == {
        segment: {benefit: [] for benefit in benefits} for segment, benefits in RIGHT.items()
    }
    assert job.result is not None
    assert job.result["claims_dropped"] == 3


def test_keys_that_were_not_asked_about_are_dropped(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "unknown_keys"
    job = world.run()
    assert job.status is Status.COMPLETED
    assert world.found(job) == {}
    assert job.result is not None
    assert job.result["claims_dropped"] == 2


def test_every_quote_stands_where_the_evidence_says(world: ModelWorld) -> None:
    job = world.run()
    pages = {page["number"]: page["text"] for page in world.stored(job, "pages.json")}
    proofs = [
        proof
        for segment in world.tree(job)["segments"]
        for finding in (
            segment,
            *segment["benefits"],
            *(limit for b in segment["benefits"] for limit in b["limits"]),
        )
        for proof in finding["evidence"]
    ]
    assert len(proofs) >= 8
    for proof in proofs:
        assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]


def test_product_wide_exclusions_are_asked_about(world: ModelWorld) -> None:
    (war,) = world.tree(world.run())["exclusions"]
    assert war["item_id"] == "travel/war"
    assert "nothing is paid for war" in war["evidence"][0]["quote"]


@pytest.mark.parametrize(
    "quote",
    [
        "für verlorenes Gepäck bis CHF 2'000",
        "für verlo-\nrenes Gepäck",
        "FÜR   VERLORENES GEPÄCK",
        "bis CHF 2’000.- pro Person",
        'für "Wertsachen" 30 %',
    ],
)
def test_a_quote_is_found_as_the_page_has_it(quote: str) -> None:
    place = find_quote(quote, PASSAGES, 0)
    assert place is not None
    page, start, end = place
    assert page == 1
    plain = str.maketrans("", "", " -\n–'’\"«»")
    assert TEXT[start:end].translate(plain).casefold() == quote.translate(plain).casefold()


@pytest.mark.parametrize("quote", ["", "Gepäc", "für verlorenes Fahrrad", "Gepäck verlorenes", "x" * 900])
def test_what_is_too_short_too_long_or_nowhere_is_not_found(quote: str) -> None:
    assert find_quote(quote, PASSAGES) is None


@pytest.mark.parametrize(
    ("value", "unit", "found"),
    [
        (2000, "CHF", (2000, "CHF", "per person")),
        (2000, "Fr.", (2000, "CHF", "per person")),
        (2000, "", (2000, "CHF", "per person")),
        (30, "percent", (30, "%", "")),
        (None, "unlimited", (None, "unlimited", "")),
        (2000, "EUR", None),
        (200, "CHF", None),
        (2, "CHF", None),
        (30, "days", None),
    ],
)
def test_a_number_has_to_be_in_the_quote_with_its_unit(
    value: float | None, unit: str, found: tuple[float | None, str, str] | None
) -> None:
    number = find_number(PAGE, 0, len(TEXT), value, unit)
    assert (number and (number.value, number.unit, number.scope)) == found


def test_a_number_beside_the_quote_is_not_in_it() -> None:
    assert find_number(PAGE, TEXT.index("Person"), len(TEXT), 2000, "CHF") is None


def test_a_bare_number_counts_where_the_claim_names_the_currency() -> None:
    row = Page(1, "Gepäck\t2'000\t500")
    number = find_number(row, 0, len(row.text), 500, "CHF")
    assert number is not None
    assert (number.value, number.unit) == (500, "CHF")
