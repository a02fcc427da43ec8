import pytest

from functions.analyze.engines.rules.hints import names_of, read_rule
from shared.errors import PermanentError
from shared.taxonomy.model import Category, Item


def item(**hints: object) -> Item:
    return Item(
        "a/b",
        "lost_luggage",
        Category.BENEFIT,
        hints=hints,
        aliases={"de": ("gepäck",)},
        labels={"en": "Luggage"},
    )


def test_names_come_in_the_language_then_english_then_any() -> None:
    assert names_of(item(), "de") == ("gepäck",)
    assert names_of(item(), "fr") == ("Luggage",)
    assert names_of(Item("x", "lost_luggage", Category.BENEFIT), "de") == ("lost luggage",)
    assert names_of(Item("x", "y", Category.BENEFIT, aliases={"de": ("gepäck",)}), "fr") == ("gepäck",)


def test_hints_are_read_in_the_language() -> None:
    rule = read_rule(item(scope="anywhere", context={"de": ["verspät*"]}, main=True), "de")
    assert (rule.anywhere, rule.context, rule.main) == (True, ("verspät*",), True)
    assert rule.proof == {"grant"}
    assert read_rule(item(scope=["c"]), "de").scope == {"c"}


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        ({"proof": ["rumour"]}, "unknown stances: rumour"),
        ({"scope": 3}, "scope must be a list"),
        ({"context": ["x"]}, "context must be a mapping"),
        ({"not": {"de": ["!x"]}}, "names no word"),
        ({"relevance": {"share": "much"}}, "share must be a number"),
    ],
)
def test_mistakes_name_the_item(hints: dict[str, object], message: str) -> None:
    with pytest.raises(PermanentError, match=rf"'a/b'.*{message}"):
        read_rule(item(**hints), "de")
