"""The words around an amount: its bound (at most, at least) and its scope (per person, per event)."""

from __future__ import annotations

import re

_MAX = re.compile(
    r"(?:\bbis(?:\s+zu)?(?:\s+(?:einem|zum|einer))?(?:\s+\w+)?|\bmax(?:\.|imal|imum)?|\bhöchstens|\blängstens"
    r"|höchstbetrag\s+von|begrenzt|beschränkt|limitiert|\bup\s+to|\bat\s+most|\bnot\s+exceeding|\blimited\s+to"
    r"|jusqu['’](?:à|au)|\bau\s+plus|\bau\s+maximum|\bà\s+concurrence\s+de|\bmaximum\s+(?:of|de))\W*(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_MIN = re.compile(
    r"(?:\bmindestens|\bmind\.|\bab\b|\babove|\bmehr\s+als|\blänger\s+als|\büber|\bat\s+least|\bmore\s+than|\bover"
    r"|\blonger\s+than|\bexceeding|\bau\s+moins|\bplus\s+de|\bdépass\w+|\bà\s+partir\s+de"
    r"|\bminimum(?:\s+(?:of|de))?|\bnach|\bafter|\baprès|\bvon\s+mindestens"
    r"|\b(?:nicht|not|pas)\s+(?:\w+\s+){0,2}(?:innert|innerhalb(?:\s+von)?|binnen|within|dans\s+les)"
    r")[\s(:]*(?:\w+\s+)?$",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:nicht|not|no|pas)\s+(?:mehr\s+als|länger\s+als|über|more\s+than|over|longer\s+than|exceeding|plus\s+de)"
    r"[\s(:]*(?:\w+\s+)?$",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"\b(?:unter|weniger\s+als|under|below|less\s+than|moins\s+de|au-dessous\s+de|inférieure?s?\s+à)\s+$",
    re.IGNORECASE,
)
_SCOPES = {
    "per person": (
        r"person(?:en|ne|nes)?|insass?e?n?|reisenden|versicherten|insured(?!\s+event)|passenger|traveller"
    ),
    "per event": (
        r"ereignis(?:fall)?|schadenereignis|schadenfall|schaden|fall|rechtsfall|rechtsschutzfall|event|claim"
        r"|incident|sinistre|événement|evénement|cas|dispute|litige"
    ),
    "per day": r"tag|kalendertag|day|jour",
    "per night": r"nacht|night|nuit",
    "per trip": r"reise|trip|journey|voyage",
    "per year": r"jahr|versicherungsjahr|kalenderjahr|year|an|année",
    "per item": r"gegenstand|sache|einzelstück|objekt|item|article|object|objet",
    "per policy": r"police|vertrag|policy|contrat",
    "per family": r"familie|haushalt|family|household|famille",
}
_PER = r"(?:pro|je|jeweils|per|par|each|any\s+one|a|chaque|für\s+jede[ns]?)"
_QUALIFIER = (
    r"(?:(?:versicherte[rnms]?|insured|reisende[rnms]?|assurée?|single|einzelne[rnms]?|any|one)[,\s]+){0,2}"
)
_ONE = "|".join(f"(?P<s{index}>{words})" for index, words in enumerate(_SCOPES.values()))
_SCOPE = re.compile(rf"(?:\b{_PER}\s+|\b(?:und|and|et|/)\s*){_QUALIFIER}(?:{_ONE})(?!\w)", re.IGNORECASE)
_COMPACT = re.compile(rf"\b{_PER}\s+{_QUALIFIER}(?:{_ONE})(?!\w)", re.IGNORECASE)
_ADJECTIVES = {
    "per day": re.compile(r"\b(?:täglich|daily|journalier|journalière)", re.IGNORECASE),
    "per year": re.compile(r"\b(?:jährlich|annual|annuel|annuelle)", re.IGNORECASE),
}
_NOTE = re.compile(r"\s?\(([^()\d]{2,60})\)")
_VARIANT = re.compile(
    r"(?:\b(?:in|bei|für)\s+der\s+(?P<de>(?:Variante\s+)?[«\"„][^»\"“]{2,60}[»\"“]|[\w-]*versicherung)"
    r"|\b(?:dans|pour|avec)\s+(?P<fr>(?:la\s+formule|l['’]option)\s+[«\"]?\s?\w+)"
    r"|\b(?:under|for|in|on)\s+(?:the|a)\s+(?P<en>[\w-]+\s+(?:plan|option|variant|policy|cover)))(?!\w)",
    re.IGNORECASE,
)
_REACH = 90


def bound_before(text: str) -> str:
    """Return ``max``, ``min`` or ``below`` where the words that end ``text`` say so, else an empty string."""
    tail = text[-_REACH:]
    if _NEGATED.search(tail):
        return "max"
    if _BELOW.search(tail):
        return "below"
    if _MIN.search(tail):
        return "min"
    return "max" if _MAX.search(tail) else ""


def scopes_around(before: str, after: str) -> tuple[str, ...]:
    """Return the scopes named directly behind an amount, else those of the words before it."""
    behind = _scopes(
        _SCOPE, re.split(r"[.;]\s|,\s(?:im\s+)?(?:max|höchstens)", after, maxsplit=1)[0][:_REACH]
    )
    if behind:
        return behind
    return _scopes(_COMPACT, re.split(r"[.;]\s", before)[-1][-_REACH:])


def variant_around(before: str, after: str) -> str:
    """Return what an amount holds for only: a remark in brackets behind it, or a variant named near it."""
    note = _NOTE.match(after)
    if note:
        return " ".join(note.group(1).split())
    near = _VARIANT.search(re.split(r"[.;]\s", after, maxsplit=1)[0][:_REACH])
    for variant in (near, *list(_VARIANT.finditer(before[-_REACH:]))[-1:]):
        if variant:
            return " ".join(next(group for group in variant.groups() if group).split())
    return ""


def _scopes(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    names = list(_SCOPES)
    scopes: list[str] = []
    anchored = False
    for match in pattern.finditer(text):
        joined = match.group(0).lower().lstrip().startswith(("und", "and", "et", "/"))
        if joined and not anchored:
            continue
        anchored = True
        index = next(number for number in range(len(names)) if match.group(f"s{number}"))
        scopes.append(names[index])
    for name, adjective in _ADJECTIVES.items():
        if adjective.search(text):
            scopes.append(name)
    return tuple(dict.fromkeys(scopes))
