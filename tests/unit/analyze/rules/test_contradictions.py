"""What a document says in two ways is reported with a passage for each side; good reasons are not."""

import pytest

from functions.analyze.document.model import Document
from functions.analyze.engines.port import Task
from functions.analyze.engines.rules import RulesEngine
from shared.findings.model import Contradiction, ResultTree, from_tree, to_tree
from shared.jobs.workflow import Run
from shared.memory.files import MemoryFiles
from shared.taxonomy.model import Taxonomy
from shared.taxonomy.reader import parse_taxonomy
from tests.support.builders.job_records import job
from tests.support.builders.rules_pages import document
from tests.support.rules_analysis import analyse

TAXONOMY = """
name: small
version: "1"
languages: [en]
product: {name: product}
details:
  limits: [{name: maximum, hints: {kinds: [money, unlimited]}}]
segments:
  - name: trip
    aliases: {en: [trip]}
    benefits:
      - {name: rescue, aliases: {en: ["search and rescue", helicopter]}, limits: ["*"]}
      - {name: hotel, aliases: {en: [hotel]}, limits: ["*"]}
  - name: car
    aliases: {en: [car]}
    benefits: [{name: towing, aliases: {en: [towing]}, limits: ["*"]}]
"""
SUMMARY = """
# Overview
|! Trip | Sum
| Search and rescue | £{summary}
# Your trip
## What we pay
We pay for search and rescue up to £{section}.
"""


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return parse_taxonomy(TAXONOMY)


def found(taxonomy: Taxonomy, source: str) -> tuple[Document, list[Contradiction]]:
    pages = document(source)
    engine = RulesEngine()
    return pages, engine.contradictions(pages, taxonomy, analyse(pages, taxonomy))


def test_a_summary_and_a_section_that_differ(taxonomy: Taxonomy) -> None:
    pages, (contradiction,) = found(taxonomy, SUMMARY.format(summary=20000, section=30000))
    assert (contradiction.kind, contradiction.path) == ("amounts", "trip/rescue")
    assert contradiction.message == "maximum: 20000 GBP on page 1, 30000 GBP on page 1."
    assert [proof.quote for proof in contradiction.evidence] == [
        "Search and rescue\t£20000",
        "We pay for search and rescue up to £30000.",
    ]
    for proof in contradiction.evidence:
        assert pages.pages[proof.page - 1].text[proof.start : proof.end] == proof.quote


def test_a_summary_that_agrees_is_none(taxonomy: Taxonomy) -> None:
    assert found(taxonomy, SUMMARY.format(summary=20000, section=20000))[1] == []


def test_several_sums_for_several_things_are_none(taxonomy: Taxonomy) -> None:
    source = SUMMARY.format(summary=20000, section=20000) + "We pay for a helicopter up to £500."
    assert found(taxonomy, source)[1] == []


def test_granted_and_excluded_in_one_module(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    ## What we pay
    We pay for the hotel.
    ## What is not covered
    - hotel
    - rescue at sea
    """
    _, (contradiction,) = found(taxonomy, source)
    assert (contradiction.kind, contradiction.path) == ("excluded", "trip/hotel")
    assert [proof.quote for proof in contradiction.evidence] == ["We pay for the hotel.", "- hotel"]


@pytest.mark.parametrize(
    "exclusion",
    [
        "- hotel nights before the trip",
        "- The hotel is not covered if you booked it late.",
        "- Meals, drinks, telephone calls and everything that a hotel charges beside the room itself",
    ],
)
def test_a_case_that_is_taken_out_is_none(taxonomy: Taxonomy, exclusion: str) -> None:
    source = f"# Your trip\n## What we pay\nWe pay for the hotel.\n## What is not covered\n{exclusion}"
    assert found(taxonomy, source)[1] == []


def test_what_another_module_leaves_out_is_none(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    ## What we pay
    We pay for the hotel.
    # Your car
    ## What we pay
    We pay for the towing.
    ## What is not covered
    - hotel
    """
    assert found(taxonomy, source)[1] == []


def test_a_general_exclusion_counts_for_all(taxonomy: Taxonomy) -> None:
    source = "# Your trip\n## What we pay\nWe pay for the hotel.\n# Exclusions\nHotel costs are not covered."
    assert [entry.path for entry in found(taxonomy, source)[1]] == ["trip/hotel"]


def test_a_check_after_an_analysis_reads_nothing_twice(taxonomy: Taxonomy) -> None:
    pages, engine = document(SUMMARY.format(summary=1, section=2)), RulesEngine()
    analysis = engine.open(Task(Run(job(), MemoryFiles()), pages, taxonomy))
    assert analysis.is_of(pages, taxonomy)
    assert not analysis.is_of(document("# Other"), taxonomy)
    tree = analyse(pages, taxonomy)
    assert engine.contradictions(pages, taxonomy, tree) == analysis.find_contradictions(tree)


def test_nothing_granted_is_nothing_contradicted(taxonomy: Taxonomy) -> None:
    assert RulesEngine().contradictions(document("# Other"), taxonomy, ResultTree()) == []


def test_contradictions_are_part_of_the_tree(taxonomy: Taxonomy) -> None:
    _, entries = found(taxonomy, SUMMARY.format(summary=1, section=2))
    tree = ResultTree(contradictions=tuple(entries))
    assert from_tree(to_tree(tree)) == tree
    without = {key: value for key, value in to_tree(tree).items() if key != "contradictions"}
    assert from_tree(without) == ResultTree()
