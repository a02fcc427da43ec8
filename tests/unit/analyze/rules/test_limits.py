"""Limits in tables, lists and sections, with a small taxonomy of its own."""

import pytest

from shared.taxonomy.model import Taxonomy
from shared.taxonomy.reader import parse_taxonomy
from tests.support.builders.rules_pages import document
from tests.support.rules_analysis import analyse, benefit_of, limits_of

TAXONOMY = """
name: small
version: "1"
languages: [en]
product: {name: product}
details:
  limits:
    - {name: excess, aliases: {en: [excess]}, hints: {kinds: [money], cue: required, floor: true}}
    - {name: share, hints: {kinds: [percent]}}
    - {name: a_day, hints: {kinds: [money], scopes: [per day]}}
    - {name: maximum, hints: {kinds: [money, unlimited]}}
    - {name: waiting, hints: {kinds: [duration], bounds: [min]}}
    - {name: longest, hints: {kinds: [duration]}}
segments:
  - name: trip
    aliases: {en: [trip]}
    benefits:
      - {name: cancellation, aliases: {en: [cancellation]}, hints: {main: true}, limits: ["*"]}
      - {name: hotel, aliases: {en: [hotel]}, hints: {limits_of: trip/cancellation}, limits: ["*"]}
      - {name: kennel, aliases: {en: [kennel]}, limits: ["*"]}
"""


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return parse_taxonomy(TAXONOMY)


def limits(taxonomy: Taxonomy, benefit: str, source: str) -> set[tuple[str, float | None, str]]:
    return limits_of(analyse(document("# Your trip\n" + source), taxonomy), f"trip/{benefit}")


def test_a_table_names_its_currency_in_the_head(taxonomy: Taxonomy) -> None:
    source = "|! Benefit | Sum in CHF\n| Kennel | 500\n| Hotel | 80 per day"
    assert limits(taxonomy, "kennel", source) == {("maximum", 500, "CHF")}


def test_a_table_of_variants_gives_each_amount_its_column(taxonomy: Taxonomy) -> None:
    source = document("# Your trip\n|! Benefit | Basic | Plus\n| Kennel | £20 | £40")
    found = benefit_of(analyse(source, taxonomy), "trip/kennel").limits
    assert [(limit.value, limit.scope) for limit in found] == [(20.0, "Basic"), (40.0, "Plus")]


def test_an_amount_found_with_and_without_a_scope_is_one(taxonomy: Taxonomy) -> None:
    source = document("# Your trip\nWe pay the kennel up to £20.\nWe pay a kennel up to £20 per person.")
    found = benefit_of(analyse(source, taxonomy), "trip/kennel").limits
    assert [(limit.value, limit.scope) for limit in found] == [(20.0, "per person")]


def test_rows_below_a_row_without_a_sum_belong_to_it(taxonomy: Taxonomy) -> None:
    source = "|! Benefit | CHF\n| Kennel |\n| Single | 500\n| Family | 900\n| Other |\n| Single | 7"
    assert limits(taxonomy, "kennel", source) == {("maximum", 500, "CHF"), ("maximum", 900, "CHF")}


def test_an_item_takes_the_sum_of_its_lead_unless_it_has_one(taxonomy: Taxonomy) -> None:
    source = "We pay up to £900 for:\n- the kennel;\n- the hotel up to £80 a day."
    assert limits(taxonomy, "kennel", source) == {("maximum", 900, "GBP")}
    assert limits(taxonomy, "hotel", source) == {("a_day", 80, "GBP")}


def test_the_main_benefit_takes_the_limits_of_the_section(taxonomy: Taxonomy) -> None:
    source = """
    ## 1 Cancellation
    1.1 We pay the cancellation.
    1.2 We pay up to £900, after an excess of £50.
    1.3 We pay the kennel up to £70.
    """
    assert limits(taxonomy, "cancellation", source) == {("maximum", 900, "GBP"), ("excess", 50, "GBP")}
    assert limits(taxonomy, "kennel", source) == {("maximum", 70, "GBP")}


def test_missing_types_come_from_another_benefit(taxonomy: Taxonomy) -> None:
    source = """
    ## 1 Cancellation
    We pay the cancellation, up to £900, after an excess of £50.
    ## 2 Lodging
    We pay the hotel up to £80.
    """
    assert limits(taxonomy, "hotel", source) == {("maximum", 80, "GBP"), ("excess", 50, "GBP")}


def test_a_cap_holds_for_all_under_the_heading(taxonomy: Taxonomy) -> None:
    source = """
    ## 3 On the way
    3.1 We pay the kennel.
    3.2 We pay the taxi up to £5.
    3.3 The most we will pay under this section is £400.
    """
    assert limits(taxonomy, "kennel", source) == {("maximum", 400, "GBP")}


def test_durations_wait_or_last(taxonomy: Taxonomy) -> None:
    source = "If you are away for more than 3 days, we pay the kennel for up to 10 days."
    assert limits(taxonomy, "kennel", source) == {("waiting", 3, "days"), ("longest", 10, "days")}


def test_what_is_no_limit_is_left_out(taxonomy: Taxonomy) -> None:
    source = (
        "We pay the kennel unlimited. For a kennel above £100 we pay within the weight of 5 years old dogs."
    )
    assert limits(taxonomy, "kennel", source) == {("maximum", None, "unlimited")}
    source = "We pay the kennel where the premium is £30 or costs more than £20."
    assert limits(taxonomy, "kennel", source) == set()
