import json
from typing import Any

import jsonschema
import pytest
import yaml

from shared.errors import PermanentError
from shared.taxonomy.model import Category
from shared.taxonomy.reader import SHIPPED, load_taxonomy, parse_taxonomy, shipped_taxonomies
from shared.taxonomy.yaml import safe_load
from tests.support.builders.taxonomy_files import SMALL

SCHEMA = json.loads((SHIPPED.parent / "schemas" / "taxonomy.v1.json").read_text())


def parsed(**changes: Any) -> Any:
    return parse_taxonomy(yaml.safe_dump({**SMALL, **changes}))


def test_the_shipped_taxonomies_are_valid_and_whole() -> None:
    assert shipped_taxonomies() == ("household-contents", "travel-insurance")
    for name in shipped_taxonomies():
        jsonschema.validate(safe_load((SHIPPED / f"{name}.yaml").read_text()), SCHEMA)
        taxonomy = load_taxonomy(name)
        assert taxonomy.name == name
        ids = [item.item_id for item in taxonomy.root.walk()]
        assert len(ids) == len(set(ids))


def test_the_travel_taxonomy_has_its_segments_and_benefits() -> None:
    segments = load_taxonomy("travel-insurance").segments
    assert [len(segment.of(Category.BENEFIT)) for segment in segments] == [5, 3, 6, 2, 5, 5, 5, 3, 17, 5]
    for segment in segments:
        for item in (segment, *segment.of(Category.BENEFIT)):
            assert set(item.aliases) == {"de", "fr", "en"} == set(item.labels)


def test_details_are_defined_once_and_placed_by_name() -> None:
    taxonomy = parsed()
    (luggage,) = taxonomy.segments
    loss, delay = luggage.of(Category.BENEFIT)
    assert [item.item_id for item in loss.of(Category.LIMIT)] == ["luggage/loss/excess"]
    assert [item.name for item in delay.of(Category.LIMIT)] == ["sum", "excess"]
    assert [item.item_id for item in taxonomy.root.of(Category.CONDITION)] == ["police_report"]
    assert luggage.aliases == {"en": ("luggage",)}


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(PermanentError, match="household-contents, travel-insurance") as caught:
        load_taxonomy("car-insurance")
    assert caught.value.code == "unknown-taxonomy"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"segments": []}, "segments must be a list with at least one"),
        ({"segments": "x"}, "segments must be a list"),
        ({"product": "x"}, "product must be a mapping"),
        ({"colour": 1}, "unknown keys: colour"),
        ({"languages": "en"}, "languages must be a list"),
        ({"version": 1}, "version must be text"),
        ({"segments": [{"name": ""}]}, r"segments\[0\] has no name"),
        ({"segments": [{"name": "a"}, {"name": "a"}]}, "segments repeats a"),
        ({"segments": [{"name": "a", "benefits": [{"name": "b"}, {"name": "b"}]}]}, "repeats b"),
        ({"segments": [{"name": "a", "aliases": {"de": ["x"]}}]}, "languages not declared: de"),
        ({"segments": [{"name": "a", "aliases": {"en": "x"}}]}, r"aliases.en must be a list"),
        ({"segments": [{"name": "a", "limits": ["none"]}]}, "names 'none', which details.limits"),
        ({"segments": [{"name": "a", "size": 3}]}, r"segments\[0\] has unknown keys: size"),
        ({"details": {"limits": {}}}, "details.limits must be a list"),
    ],
)
def test_mistakes_are_named_with_their_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PermanentError, match=message) as caught:
        parsed(**changes)
    assert caught.value.code == "invalid-taxonomy"


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(PermanentError, match="not valid YAML"):
        parse_taxonomy("a: [")
