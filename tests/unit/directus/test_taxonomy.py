"""The taxonomy as Directus keeps it: the tree of its relationships, and what cannot be placed."""

from __future__ import annotations

import pytest

from shared.directus.taxonomy import (
    TaxonomyReading,
    build_taxonomy,
    relationship_of,
)
from shared.directus.taxonomy_rows import rows_of
from shared.errors import PermanentError
from shared.taxonomy.model import Category, Item, Taxonomy
from shared.taxonomy.reader import shipped_taxonomies
from tests.support.directus_taxonomy import (
    BENEFIT,
    EXCLUSION,
    LIMIT,
    LUGGAGE,
    PRODUCT,
    PRODUCT_TYPE,
    SEGMENT,
    row,
)
from tests.support.fakes.directus_server import Row
from tests.support.fakes.taxonomy_rows import answered
from tests.support.shipped import taxonomy, taxonomy_rows
from tests.support.taxonomies import outline


def build(*rows: Row) -> TaxonomyReading:
    return build_taxonomy([PRODUCT, LUGGAGE, *rows])


def ids(*items: Item) -> list[str]:
    return [item.item_id for item in items]


@pytest.mark.parametrize("name", shipped_taxonomies())
def test_a_shipped_taxonomy_survives_the_way_through_directus(name: str) -> None:
    shipped = taxonomy(name)
    rows = answered(taxonomy_rows(name, "m1"))
    reading = build_taxonomy(list(reversed(rows)))
    assert outline(reading.taxonomy.root) == outline(shipped.root)
    assert reading.warnings == ()
    assert reading.taxonomy.languages == tuple(sorted(shipped.languages))


def test_an_item_is_known_by_its_relationship_not_by_its_name() -> None:
    tree = build(
        row("trip", SEGMENT, {"2": "travel"}),
        row("delay", BENEFIT, {"3": "luggage", "4": "trip"}),
        row("excess", LIMIT, {"5": "delay", "6": "travel"}),
    ).taxonomy
    luggage, trip = tree.segments
    assert ids(luggage, trip) == ["1", "2"]
    assert ids(*luggage.children, *trip.children) == ["3", "4"]
    assert ids(*luggage.children[0].children) == ids(*trip.children[0].children) == ["5"]
    assert ids(*tree.root.of(Category.LIMIT)) == ["6"]
    assert tree.root.item_id == "travel"


def test_siblings_are_in_the_order_of_their_relationships() -> None:
    numbers = build(*(row(f"s{n}", SEGMENT, {str(n): "travel"}) for n in (10, 9, 100))).taxonomy
    assert ids(*numbers.segments) == ["1", "9", "10", "100"]
    segments = [row(f"s{key}", SEGMENT, {key: "travel"}) for key in ("b-1", "a-2")]
    assert ids(*build_taxonomy([PRODUCT, *segments]).taxonomy.segments) == ["a-2", "b-1"]


def test_segments_and_details_without_parent_belong_to_the_product() -> None:
    reading = build_taxonomy(
        [
            row("home", SEGMENT),
            row("war", EXCLUSION),
            row("glass", BENEFIT, {"7": "home"}),
        ]
    )
    (home,) = reading.taxonomy.segments
    (war,) = reading.taxonomy.root.of(Category.EXCLUSION)
    assert ids(home, war, *home.children) == ["item:home", "item:war", "7"]
    assert [relationship_of(item_id) for item_id in ("item:home", "7")] == ["", "7"]
    assert (reading.taxonomy.name, reading.warnings) == ("product", ())


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row("delay", BENEFIT)], "'delay' (item delay) has no parent"),
        ([row("delay", BENEFIT, {"3": "gone"})], "has a parent that is not in the model, or may not"),
        ([row("delay", BENEFIT, {"3": ""})], "has a parent that is not in the model, or may not"),
        (
            [row("delay", BENEFIT, {"3": "travel"})],
            "is a benefit_type below 'travel' (item travel), a",
        ),
        ([row("sub", SEGMENT, {"3": "luggage"})], "is a segment_type below 'luggage' (item luggage)"),
        ([row("sub", "cover_type", {"3": "luggage"})], "has the unknown category 'cover_type'"),
        ([row("sub", LIMIT, {"3": "luggage"}, taxonomy_item_name=" ")], "'' (item sub) has no name"),
        (
            [
                row("x", BENEFIT, {"3": "luggage"}, status="draft"),
                row("sum", LIMIT, {"4": "x"}),
            ],
            "is below 'x' (item x), which is not published",
        ),
        (
            [
                row("a", BENEFIT, {"3": "luggage"}),
                row("c", BENEFIT, {"5": "luggage"}, taxonomy_item_name="a"),
            ],
            "'a' (item c) has a name that its parent already has below it",
        ),
        (
            [row("a", BENEFIT, {"3": "b"}), row("b", BENEFIT, {"4": "a"})],
            "'a' (item a) is a benefit_type below 'b' (item b), a benefit_type",
        ),
    ],
)
def test_what_cannot_be_placed_is_left_out_with_a_warning(rows: list[Row], problem: str) -> None:
    reading = build(*rows)
    assert any(problem in warning for warning in reading.warnings), reading.warnings
    left = {row["id"] for row in rows} - {"a", "b", "x"}
    assert not left & {item.name for item in reading.taxonomy.root.walk()}


def test_the_same_mistake_is_told_once() -> None:
    reading = build(row("delay", BENEFIT, {"3": "gone", "4": "lost"}))
    assert len(reading.warnings) == 1


def test_drafts_alone_are_no_mistake() -> None:
    reading = build(
        row("draft", SEGMENT, {"3": "travel"}, status="draft"), row("typo", "?", status="archived")
    )
    assert [segment.name for segment in reading.taxonomy.segments] == ["luggage"]
    assert reading.warnings == ()


def test_many_warnings_become_a_number() -> None:
    reading = build(*(row(f"b{n}", BENEFIT) for n in range(30)))
    assert len(reading.warnings) == 21
    assert reading.warnings[-1] == "Taxonomy: 10 more of its items are left out."


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no published segment"),
        ([PRODUCT], "has no published segment"),
        ([PRODUCT, {**LUGGAGE, "status": "archived"}], "has no published segment"),
        (
            [PRODUCT, row("s", SEGMENT, {"1": "x"})],
            "below the product. Taxonomy: 's' .item s. has a parent",
        ),
        (
            [PRODUCT, LUGGAGE, row("home", PRODUCT_TYPE)],
            r"several published product types \(home, travel\)",
        ),
        ([PRODUCT, {**LUGGAGE, "aliases": '{"de": ['}], "begins like JSON"),
        ([PRODUCT, {**LUGGAGE, "aliases": {"german": ["x"]}}], "names the language 'german'"),
        ([PRODUCT, {**LUGGAGE, "aliases": [1]}], "must be text, a list of texts"),
        ([PRODUCT, {**LUGGAGE, "examples": {"de": {"a": "b"}}}], "examples of 'luggage'"),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": {"a": 1}}], "llm_instruction of 'luggage' .* must be text"),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\nhints: ["}], "no valid YAML"),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\n- a"}], "must be a mapping with text keys"),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\nhint: {}"}], "unknown keys below .*: hint"),
        (
            [PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\nhints: {scop: x}"}],
            "unknown keys below .*: scop",
        ),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\nlabels: {de: [x]}"}], "labels must be text"),
        ([PRODUCT, {**LUGGAGE, "llm_instruction": "--- rules\nlabels: x"}], "labels must be a mapping"),
    ],
)
def test_a_taxonomy_that_cannot_be_read_names_the_place(rows: list[Row], message: str) -> None:
    with pytest.raises(PermanentError, match=message) as caught:
        build_taxonomy(rows)
    assert caught.value.code == "invalid-taxonomy"


@pytest.mark.parametrize(
    ("value", "aliases"),
    [
        (None, {}),
        ("", {}),
        ("  ", {}),
        ([], {}),
        ({"de": None, "fr": []}, {}),
        (
            {"de": ["Gepäck", " "], "fr": "bagages, valises"},
            {"de": ("Gepäck",), "fr": ("bagages", "valises")},
        ),
        ({"de-CH": ["a"], "DE": ["b"]}, {"de": ("a", "b")}),
        (["luggage", "baggage"], {"und": ("luggage", "baggage")}),
        ("luggage", {"und": ("luggage",)}),
        ("luggage, baggage", {"und": ("luggage", "baggage")}),
        ("lost, stolen; late", {"und": ("lost, stolen", "late")}),
        ("a; b\r\nc, d\n\n", {"und": ("a; b", "c, d")}),
        (' {"en": ["luggage"]}', {"en": ("luggage",)}),
        ('["luggage"]', {"und": ("luggage",)}),
    ],
)
def test_aliases_come_in_many_forms(value: object, aliases: dict[str, tuple[str, ...]]) -> None:
    assert build({**LUGGAGE, "aliases": value}).taxonomy.segments[0].aliases == aliases


def test_words_without_language_are_words_of_every_language_of_the_item() -> None:
    rules = "--- rules\nlabels: {de: Gepäck, fr: Bagages}"
    (segment,) = build({**LUGGAGE, "aliases": "luggage", "llm_instruction": rules}).taxonomy.segments
    assert segment.aliases == {"de": ("luggage",), "fr": ("luggage",)}


def test_an_example_is_a_sentence() -> None:
    (segment,) = build({**LUGGAGE, "examples": "Lost, stolen or late.; Torn."}).taxonomy.segments
    assert segment.examples == {"und": ("Lost, stolen or late.", "Torn.")}


def test_an_instruction_may_carry_what_the_rules_need() -> None:
    text = "Look for luggage.\n---\nNot for trips.\n--- rules\nlabels: {de: Gepäck}\nhints: {main: true}\n"
    (segment,) = build({**LUGGAGE, "llm_instruction": text}).taxonomy.segments
    assert segment.instruction == "Look for luggage.\n---\nNot for trips."
    assert (segment.labels, segment.hints) == ({"de": "Gepäck"}, {"main": True})


def test_the_version_tells_one_state_of_the_taxonomy_from_another() -> None:
    one, same, other = build(), build(), build({**LUGGAGE, "description": "Changed."})
    assert one.taxonomy.version == same.taxonomy.version != other.taxonomy.version


def test_the_rows_of_a_taxonomy_are_the_same_every_time_and_ids_are_unique() -> None:
    rows = taxonomy_rows("travel-insurance", "m1")
    assert rows == rows_of(taxonomy("travel-insurance"), "m1")
    for part in (rows.items, rows.relationships):
        assert len({row["id"] for row in part}) == len(part)
    household = taxonomy_rows("household-contents", "m2")
    assert not {r["id"] for r in rows.relationships} & {r["id"] for r in household.relationships}
    assert not {r["id"] for r in rows.items} & {r["id"] for r in household.items}


def test_details_of_one_name_that_differ_are_items_of_their_own() -> None:
    cancel, delay = (
        Item(name, name, Category.BENEFIT, children=(Item("sum", "sum", Category.LIMIT, description=name),))
        for name in ("cancel", "delay")
    )
    trip = Item("trip", "trip", Category.SEGMENT, children=(cancel, delay))
    own = Taxonomy("own", "1", (), Item("own", "own", Category.PRODUCT, children=(trip,)))
    rows = rows_of(own, "m1")
    assert len({row["id"] for row in rows.items}) == len(rows.items) == 6
    assert outline(build_taxonomy(answered(rows)).taxonomy.root) == outline(own.root)
