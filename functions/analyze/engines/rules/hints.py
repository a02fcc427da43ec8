"""The engine's reading of a taxonomy item: its patterns in one language and its hints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.analyze.engines.rules.matching import compile_pattern
from shared.errors import PermanentError
from shared.taxonomy.model import Category, Item, Taxonomy

_PROOFS = frozenset(
    {"grant", "event", "object", "overview", "limit", "neutral", "general", "duty", "exclusion", "definition"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for, and where it counts.

    ``names`` are the item's patterns. A passage counts in the segments of ``scope`` (and the item's
    own), or ``anywhere``, never in those of ``not_scope``; one of ``within`` must be in the passage,
    one of ``context`` in or around it; none of ``refused`` in it, none of ``refused_title`` in the
    titles above it. ``proof`` names the stances that prove the item. A ``main`` benefit takes the
    limits of its whole segment. ``requires`` are benefits one of which a segment needs; ``objects``
    segments may be named among insured objects, ``exclusive`` ones own the sections that name them in
    their title. ``limits_of`` is the path (segment/benefit, by name) of the benefit whose
    limits hold here too. ``share`` and ``terms`` make a document relevant, ``others`` are words of other
    products: a document or section that is rather about those is not relevant.
    """

    item: Item
    names: tuple[str, ...]
    scope: frozenset[str]
    anywhere: bool
    not_scope: frozenset[str]
    within: tuple[str, ...]
    context: tuple[str, ...]
    refused: tuple[str, ...]
    refused_title: tuple[str, ...]
    proof: frozenset[str]
    main: bool
    requires: tuple[str, ...]
    objects: bool
    exclusive: bool
    limits_of: str
    share: float
    terms: tuple[str, ...]
    others: tuple[str, ...]


def read_rule(item: Item, language: str) -> Rule:
    """Read an item's rule; raises PermanentError ``invalid-taxonomy`` where a hint cannot be read."""
    hints = item.hints
    relevance = _mapping(item, "relevance")
    scope = hints.get("scope", [])
    anywhere = scope == "anywhere"
    proof = frozenset(_names(item, "proof", hints.get("proof", ["grant"])))
    if not proof <= _PROOFS:
        raise _bad(item, f"proof names unknown stances: {', '.join(sorted(proof - _PROOFS))}")
    share = relevance.get("share", 0.0)
    if not isinstance(share, int | float):
        raise _bad(item, "relevance.share must be a number")
    return Rule(
        item=item,
        names=_checked(item, names_of(item, language)),
        scope=frozenset(() if anywhere else _names(item, "scope", scope)),
        anywhere=anywhere,
        not_scope=frozenset(_names(item, "not_scope", hints.get("not_scope", []))),
        within=_patterns(item, _mapping(item, "with"), language),
        context=_patterns(item, _mapping(item, "context"), language),
        refused=_patterns(item, _mapping(item, "not"), language),
        refused_title=_patterns(item, _mapping(item, "not_title"), language),
        proof=proof,
        main=bool(hints.get("main", False)),
        requires=_names(item, "requires", hints.get("requires", [])),
        objects=bool(hints.get("objects", False)),
        exclusive=bool(hints.get("exclusive", False)),
        limits_of=str(hints.get("limits_of", "")),
        share=float(share),
        terms=_patterns(item, _mapping(item, "relevance", "terms"), language),
        others=_patterns(item, _mapping(item, "relevance", "others"), language),
    )


def lone_benefits(taxonomy: Taxonomy) -> frozenset[str]:
    """Return the ids of the benefits that mean one thing wherever they are named.

    Their names are found in no other segment, or in such alone as they share their passages with.
    """
    scopes: dict[str, dict[str, set[str]]] = {}
    for segment in taxonomy.segments:
        for item in segment.of(Category.BENEFIT):
            scope = item.hints.get("scope")
            shared = set(scope) if isinstance(scope, list | tuple) else set()
            scopes.setdefault(item.name, {})[segment.name] = shared
    return frozenset(
        item.item_id
        for segment in taxonomy.segments
        for item in segment.of(Category.BENEFIT)
        if _is_lone(segment.name, scopes[item.name])
    )


def _is_lone(segment: str, scopes: Mapping[str, set[str]]) -> bool:
    """Whether the namesakes elsewhere (``scopes`` by segment) share the passages of this segment's."""
    others = {name for name, shared in scopes.items() if name != segment and shared}
    shares = all(name in scopes[segment] or segment in scopes[name] for name in others)
    return len(scopes) == 1 or (bool(others) and shares)


def names_of(item: Item, language: str) -> tuple[str, ...]:
    """Return aliases and label in the language, in English else, or whatever there is."""
    for choice in (language, "en", *item.aliases, *item.labels):
        words = [*item.aliases.get(choice, ()), *([item.labels[choice]] if choice in item.labels else [])]
        if words:
            return tuple(words)
    return (item.name.replace("_", " "),)


def _patterns(item: Item, by_language: Mapping[str, object], language: str) -> tuple[str, ...]:
    for choice in (language, "en", *by_language):
        if choice in by_language:
            return _checked(item, _names(item, choice, by_language[choice]))
    return ()


def _checked(item: Item, patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            compile_pattern(pattern)
        except ValueError as error:
            raise _bad(item, str(error)) from error
    return patterns


def _mapping(item: Item, *keys: str) -> Mapping[str, object]:
    value: object = item.hints
    for key in keys:
        value = value.get(key, {}) if isinstance(value, Mapping) else {}
    if not isinstance(value, Mapping):
        raise _bad(item, f"{'.'.join(keys)} must be a mapping")
    return value


def _names(item: Item, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise _bad(item, f"{key} must be a list of texts")
    return tuple(value)


def _bad(item: Item, problem: str) -> PermanentError:
    return PermanentError("invalid-taxonomy", f"Taxonomy: hints of {item.item_id!r}: {problem}.")
