"""Reading a taxonomy of a YAML file, and those that are shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.errors import PermanentError
from shared.taxonomy.model import Category, Item, Taxonomy
from shared.taxonomy.yaml import safe_load

SHIPPED = Path(__file__).parents[1] / "taxonomies"


def shipped_taxonomies() -> tuple[str, ...]:
    """Return the names of the taxonomies that come with the product."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_taxonomy(source: str | Path) -> Taxonomy:
    """Load a shipped taxonomy by name, or a taxonomy file by path.

    Raises PermanentError (``unknown-taxonomy`` | ``invalid-taxonomy``) with the place of the mistake.
    """
    path = Path(source)
    if path.suffix not in {".yaml", ".yml", ".json"}:
        path = SHIPPED / f"{path.name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        known = ", ".join(shipped_taxonomies())
        raise PermanentError(
            "unknown-taxonomy", f"There is no taxonomy {str(source)!r}; shipped are: {known}."
        ) from error
    return parse_taxonomy(text)


def parse_taxonomy(text: str) -> Taxonomy:
    """Parse a taxonomy from YAML (or JSON) text; raises PermanentError ``invalid-taxonomy``."""
    import yaml

    try:
        data = safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid("the file", f"is not valid YAML ({type(error).__name__})") from error
    return _Reader(_mapping(data, "the file")).read()


def _invalid(place: str, problem: str) -> PermanentError:
    return PermanentError("invalid-taxonomy", f"Taxonomy: {place} {problem}.")


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _invalid(place, "must be a mapping with text keys")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _invalid(place, "must be text")
    return value.strip()


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _invalid(place, "must be a list")
    return tuple(_text(entry, f"{place}[{index}]") for index, entry in enumerate(value))


_ITEM_KEYS = frozenset(
    {"name", "description", "data_type", "unit", "labels", "aliases", "examples", "instruction", "hints"}
)


_DETAILS = {
    "limits": Category.LIMIT,
    "conditions": Category.CONDITION,
    "exclusions": Category.EXCLUSION,
}


class _Reader:
    """Builds the tree from the parsed file; details are defined once and placed by name."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._languages = _texts(data.get("languages"), "languages")
        self._details: dict[str, dict[str, Mapping[str, Any]]] = {}

    def read(self) -> Taxonomy:
        unknown = set(self._data) - {"name", "version", "languages", "product", "segments", "details"}
        if unknown:
            raise _invalid("the file", f"has unknown keys: {', '.join(sorted(unknown))}")
        definitions = _mapping(self._data.get("details", {}), "details")
        for kind in _DETAILS:
            self._details[kind] = self._definitions(definitions.get(kind, []), f"details.{kind}")
        product = _mapping(self._data.get("product"), "product")
        segments = self._data.get("segments")
        if not isinstance(segments, list) or not segments:
            raise _invalid("segments", "must be a list with at least one segment")
        children = [
            self._item(entry, f"segments[{index}]", Category.SEGMENT, "")
            for index, entry in enumerate(segments)
        ]
        _refuse_repeats(children, "segments")
        root = self._item(product, "product", Category.PRODUCT, "", tuple(children))
        return Taxonomy(
            _text(self._data.get("name"), "name"),
            _text(self._data.get("version"), "version"),
            self._languages,
            root,
        )

    def _definitions(self, value: Any, place: str) -> dict[str, Mapping[str, Any]]:
        if not isinstance(value, list):
            raise _invalid(place, "must be a list")
        entries = [_mapping(entry, f"{place}[{index}]") for index, entry in enumerate(value)]
        return {_text(entry.get("name"), f"{place}[].name"): entry for entry in entries}

    def _item(
        self, value: Any, place: str, category: Category, parent: str, children: Sequence[Item] = ()
    ) -> Item:
        entry = _mapping(value, place)
        below = {"benefits"} if category is Category.SEGMENT else set()
        has_details = category in {Category.PRODUCT, Category.SEGMENT, Category.BENEFIT}
        unknown = set(entry) - _ITEM_KEYS - below - (set(_DETAILS) if has_details else set())
        if unknown:
            raise _invalid(place, f"has unknown keys: {', '.join(sorted(unknown))}")
        name = _text(entry.get("name"), f"{place}.name")
        if not name:
            raise _invalid(place, "has no name")
        item_id = f"{parent}/{name}" if parent else name
        path = "" if category is Category.PRODUCT else item_id
        below_items = list(children)
        for index, benefit in enumerate(entry.get("benefits", [])):
            below_items.append(self._item(benefit, f"{place}.benefits[{index}]", Category.BENEFIT, path))
        for kind, kind_category in _DETAILS.items():
            below_items.extend(
                self._placed(entry.get(kind, []), f"{place}.{kind}", kind, kind_category, path)
            )
        _refuse_repeats([item for item in below_items if item.category is Category.BENEFIT], place)
        return Item(
            item_id=item_id,
            name=name,
            category=category,
            description=_text(entry.get("description", ""), f"{place}.description"),
            data_type=_text(entry.get("data_type", ""), f"{place}.data_type"),
            unit=_text(entry.get("unit", ""), f"{place}.unit"),
            labels={
                language: _text(label, f"{place}.labels.{language}")
                for language, label in self._by_language(entry, "labels", place)
            },
            aliases={
                language: _texts(words, f"{place}.aliases.{language}")
                for language, words in self._by_language(entry, "aliases", place)
            },
            examples={
                language: _texts(words, f"{place}.examples.{language}")
                for language, words in self._by_language(entry, "examples", place)
            },
            instruction=_text(entry.get("instruction", ""), f"{place}.instruction"),
            hints=_mapping(entry.get("hints", {}), f"{place}.hints"),
            children=tuple(below_items),
        )

    def _by_language(self, entry: Mapping[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
        values = _mapping(entry.get(key, {}), f"{place}.{key}")
        unknown = set(values) - set(self._languages)
        if unknown:
            raise _invalid(f"{place}.{key}", f"names languages not declared: {', '.join(sorted(unknown))}")
        return list(values.items())

    def _placed(self, value: Any, place: str, kind: str, category: Category, parent: str) -> list[Item]:
        """Place the details named in ``value`` ("*" stands for all of the kind) below ``parent``."""
        known = self._details[kind]
        names = _texts(value, place)
        if names == ("*",):
            names = tuple(known)
        for name in names:
            if name not in known:
                raise _invalid(place, f"names {name!r}, which details.{kind} does not define")
        return [self._item(known[name], f"details.{kind}.{name}", category, parent) for name in names]


def _refuse_repeats(items: Sequence[Item], place: str) -> None:
    names = [item.name for item in items]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise _invalid(place, f"repeats {', '.join(repeated)}")
