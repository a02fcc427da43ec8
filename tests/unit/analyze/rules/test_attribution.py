"""Which amounts limit which benefit: summaries elsewhere, shares of the loss, several sums in a sentence."""

import pytest

from shared.taxonomy.model import Taxonomy
from shared.taxonomy.reader import parse_taxonomy
from tests.support.builders.rules_pages import document
from tests.support.rules_analysis import analyse, limits_of, pairs

TAXONOMY = """
name: small
version: "1"
languages: [en]
product: {name: product}
details:
  limits:
    - name: excess
      aliases: {en: [excess]}
      hints: {kinds: [money, percent], cue: required, floor: true}
    - {name: maximum, hints: {kinds: [money, unlimited]}}
    - {name: waiting, hints: {kinds: [duration], bounds: [min]}}
    - {name: longest, hints: {kinds: [duration]}}
segments:
  - name: trip
    aliases: {en: [trip]}
    benefits:
      - {name: cancellation, aliases: {en: [cancellation]}, hints: {main: true}, limits: ["*"]}
      - {name: hotel, aliases: {en: [hotel]}, hints: {scope: anywhere}, limits: ["*"]}
      - {name: kennel, aliases: {en: [kennel]}, limits: ["*"]}
  - name: car
    aliases: {en: [car]}
    benefits:
      - {name: towing, aliases: {en: [towing]}, limits: ["*"]}
      - {name: hotel, aliases: {en: [hotel]}, limits: ["*"]}
  - name: boat
    aliases: {en: [boat]}
    benefits:
      - {name: berth, aliases: {en: [berth]}, limits: ["*"]}
"""


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return parse_taxonomy(TAXONOMY)


def values(taxonomy: Taxonomy, pair: str, source: str) -> set[float | None]:
    return {value for _, value, _ in limits_of(analyse(document(source), taxonomy), pair)}


SUMMARY = """
# Summary
|! Section | Cover | Core | Extra
| 2 | Our care | £100 | £200
| 2 | Kennel | £10 | £20
| 3 | Towing | £70 | £90
## 2 Your trip at our care
We pay the cancellation.
We pay a hotel.
We pay the kennel.
## 3 Your car
We pay the towing.
"""


def test_a_row_of_a_summary_holds_for_the_section_of_its_number(taxonomy: Taxonomy) -> None:
    assert values(taxonomy, "trip/cancellation", SUMMARY) == {100, 200}
    assert values(taxonomy, "trip/hotel", SUMMARY) == {100, 200}
    assert values(taxonomy, "car/towing", SUMMARY) == {70, 90}


def test_a_row_that_names_a_benefit_is_not_for_the_others(taxonomy: Taxonomy) -> None:
    assert {10.0, 20.0} <= values(taxonomy, "trip/kennel", SUMMARY)
    assert not {10.0, 20.0} & values(taxonomy, "trip/hotel", SUMMARY)


def test_a_row_joins_the_section_with_an_alike_title(taxonomy: Taxonomy) -> None:
    source = (
        "# Overview\n| Trip abroad, a family | £800\n# Trip abroad\nWe pay the cancellation.\nWe pay a hotel."
    )
    assert values(taxonomy, "trip/hotel", source) == {800}


def test_a_row_refers_to_sections_by_several_numbers(taxonomy: Taxonomy) -> None:
    source = """
    # Overview
    | Costs (§ 2) and more (§ 3) | £60
    # Trip
    ## § 2 Before
    We pay a hotel.
    ## § 3 After
    We pay the kennel.
    """
    assert values(taxonomy, "trip/hotel", source) == {60}
    assert values(taxonomy, "trip/kennel", source) == {60}


def test_an_excess_is_taken_from_every_benefit_but_the_exempt(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    ## Services
    We pay a hotel.
    We pay the kennel.
    ## Excess
    The excess is £50 for each claim, except for the kennel.
    """
    assert values(taxonomy, "trip/hotel", source) == {50}
    assert values(taxonomy, "trip/kennel", source) == set()


def test_a_least_excess_counts_and_a_least_sum_does_not(taxonomy: Taxonomy) -> None:
    source = "# Your trip\nWe pay a hotel that costs at least £90. The excess is 20 %, at least £25."
    assert values(taxonomy, "trip/hotel", source) == {20, 25}


def test_each_of_two_benefits_in_a_sentence_has_its_sum(taxonomy: Taxonomy) -> None:
    source = "# Your trip\nAfter more than 8 hours we pay the hotel up to £80 and the kennel up to £30."
    assert values(taxonomy, "trip/hotel", source) == {8, 80}
    assert values(taxonomy, "trip/kennel", source) == {8, 30}


def test_sums_of_another_segment_stay_there(taxonomy: Taxonomy) -> None:
    source = "# Your trip\nWe pay a hotel up to £80.\n# Your car\nWe pay a hotel up to £60 and the towing."
    assert values(taxonomy, "trip/hotel", source) == {80}
    assert values(taxonomy, "car/hotel", source) == {60}


def test_sums_of_a_segment_without_that_benefit_count(taxonomy: Taxonomy) -> None:
    source = "# Your trip\nWe pay a hotel up to £80.\n# Your boat\nWe pay a hotel up to £60 and the berth."
    assert values(taxonomy, "trip/hotel", source) == {80, 60}


def test_a_sum_in_a_list_holds_for_its_item(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    We pay:
    - the kennel;
    - the hotel, for which benefits are limited to £70 in all.
    """
    assert values(taxonomy, "trip/hotel", source) == {70}
    assert values(taxonomy, "trip/kennel", source) == set()


def test_a_delay_does_not_part_a_sum_from_its_benefit(taxonomy: Taxonomy) -> None:
    source = "# Your trip\nFor the hotel after more than 6 hours we pay the kennel too, up to £50."
    assert values(taxonomy, "trip/hotel", source) == {6, 50}


def test_what_a_lead_waits_for_holds_for_its_items(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    If the repair takes more than 3 days and costs at least £40, we pay:
    - the hotel up to £80;
    - the kennel up to £30.
    """
    assert values(taxonomy, "trip/hotel", source) == {3, 80}
    assert values(taxonomy, "trip/kennel", source) == {3, 30}


def test_an_excess_that_spares_a_benefit_is_not_its_own(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    ## What we pay
    We pay the hotel up to £80. We pay the cancellation up to £900.
    ## Excess
    You bear an excess of £25, but not for the hotel.
    """
    assert values(taxonomy, "trip/cancellation", source) == {900, 25}
    assert values(taxonomy, "trip/hotel", source) == {80}


def test_a_row_that_names_a_segment_alone_holds_for_it(taxonomy: Taxonomy) -> None:
    source = "# Overview\n| Car | Europe | £500\n# Your car\nWe pay the towing."
    assert values(taxonomy, "car/towing", source) == {500}


def test_a_row_that_names_a_lone_benefit_grants_it_where_its_segment_has_a_section(
    taxonomy: Taxonomy,
) -> None:
    row = "# Overview\n| Towing | £500\n"
    assert values(taxonomy, "car/towing", row + "# Your car\nHelp on the road.") == {500}
    assert pairs(analyse(document(row + "# Your trip\nWe pay the kennel."), taxonomy)) == {"trip/kennel"}


def test_a_name_that_several_segments_have_is_not_alone(taxonomy: Taxonomy) -> None:
    source = "# Overview\n| Hotel | £500\n# Your car\nWe pay the towing."
    assert "car/hotel" not in pairs(analyse(document(source), taxonomy))


def test_a_row_that_says_something_ends_there(taxonomy: Taxonomy) -> None:
    source = "# Your trip\n|! Cover | Sum\n| Kennel | in full\n| Other | £7"
    assert values(taxonomy, "trip/kennel", source) == set()


def test_limits_under_the_title_of_another_benefit_are_not_shared(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    ## What we pay
    We pay the cancellation up to £900 and the kennel.
    ## Limits of the kennel
    The kennel is paid up to £30.
    """
    assert values(taxonomy, "trip/cancellation", source) == {900}
    assert values(taxonomy, "trip/kennel", source) == {30}


def test_what_follows_but_not_is_not_granted(taxonomy: Taxonomy) -> None:
    source = document("# Your trip\nWe pay the hotel, but not the meals, the drinks or the kennel.")
    assert pairs(analyse(source, taxonomy)) == {"trip/hotel"}


def test_thresholds_and_steps_are_no_limits(taxonomy: Taxonomy) -> None:
    source = """
    # Your trip
    We pay for each complete 24 hours in the hotel £15, up to £450, if you worked here for two years.
    Bills under £40 are not our business.
    """
    assert values(taxonomy, "trip/hotel", source) == {15, 450}
