"""The travel taxonomy's own examples, each read below its segment's title."""

import pytest

from functions.analyze.engines.port import Question
from functions.analyze.engines.rules.engine import RulesAnalysis
from shared.findings.model import Evidence, Finding
from shared.taxonomy.model import Category, Item
from tests.support import shipped
from tests.support.builders.rules_pages import document

TAXONOMY = shipped.taxonomy("travel-insurance")
COVER = {"de": "Versicherte Leistungen", "fr": "Prestations assurées", "en": "What is covered"}
EXAMPLES = [
    pytest.param(language, segment, benefit, example, id=f"{language}-{benefit.item_id}")
    for segment in TAXONOMY.segments
    for benefit in segment.of(Category.BENEFIT)
    for language, examples in benefit.examples.items()
    for example in examples
]


NO_COVER = {"de": "Nicht versicherte Leistungen", "fr": "Exclusions", "en": "What is not covered"}


def found_below(title: str, language: str, segment: Item, benefit: Item, example: str) -> list[str]:
    titles = (TAXONOMY.root.labels[language], segment.labels[language], title)
    source = document("# {}\n## {}\n### {}\n".format(*titles) + example, language=language)
    found = Finding(segment.name, 1.0, (Evidence(1, "x", 0, 1),), item_id=segment.item_id)
    (benefits,) = RulesAnalysis(source, TAXONOMY).find_benefits([Question(found, (benefit,))])
    return [finding.item_id for finding in benefits]


@pytest.mark.parametrize(("language", "segment", "benefit", "example"), EXAMPLES)
def test_the_example_of_a_benefit_is_found(language: str, segment: Item, benefit: Item, example: str) -> None:
    assert found_below(COVER[language], language, segment, benefit, example) == [benefit.item_id]


@pytest.mark.parametrize(("language", "segment", "benefit", "example"), EXAMPLES)
def test_the_example_among_exclusions_is_not(
    language: str, segment: Item, benefit: Item, example: str
) -> None:
    assert found_below(NO_COVER[language], language, segment, benefit, example) == []
