"""Amounts in running text: money, percentages, durations and "unlimited", with exact spans.

``parse_amounts`` reads the forms found in German, French and English documents, whatever the
language of the page: ``CHF 1'000.–``, ``EUR 1.500,00``, ``1 500 €``, ``£2m``, ``1 Mio.``, ``30 %``,
``48 Stunden``, ``fünf Tage``, ``unbegrenzt``. Spans count characters of the given text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from functions.analyze.document.amount_scopes import bound_before, scopes_around, variant_around


class AmountKind(StrEnum):
    """What an amount measures."""

    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount: ``text[start:end]`` with its unit.

    ``value`` is None for "unlimited". ``unit`` is an ISO 4217 code, ``%``, ``minutes`` to ``years``, or
    ``unlimited``. ``bound`` is ``max``, ``min``, ``below`` or empty, as the words before it say.
    ``scopes`` are ``per person``, ``per event``, ``per day``, ... in the text's order; ``note`` is a
    remark in brackets directly behind the amount, or the variant of the contract it holds for.
    ``lower`` is the start of a range (10 to 20 days).
    """

    kind: AmountKind
    value: float | None
    unit: str
    start: int
    end: int
    bound: str = ""
    scopes: tuple[str, ...] = ()
    note: str = ""
    lower: float | None = None


_CURRENCIES = {
    "chf": "CHF", "sfr": "CHF", "sfr.": "CHF", "fr.": "CHF", "franken": "CHF", "francs": "CHF",
    "francs suisses": "CHF", "schweizer franken": "CHF", "swiss francs": "CHF",
    "eur": "EUR", "€": "EUR", "euro": "EUR", "euros": "EUR",
    "usd": "USD", "us$": "USD", "$": "USD", "gbp": "GBP", "£": "GBP",
    "aud": "AUD", "cad": "CAD", "jpy": "JPY", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN",
}  # fmt: skip
_MULTIPLIERS = {
    "mio": 1e6, "mio.": 1e6, "million": 1e6, "millionen": 1e6, "millions": 1e6, "m": 1e6,
    "k": 1e3, "tausend": 1e3, "thousand": 1e3, "mille": 1e3,
}  # fmt: skip
_UNITS = {
    "minutes": r"minuten?|minutes?|min\.",
    "hours": r"stunden?|std\.?|h|hours?|hrs?|heures?",
    "days": (
        r"tage?n?|days?|jours?|nächten?|nacht|nights?|nuits?|arbeitstagen?|werktagen?|kalendertagen?"
        r"|reisetagen?|working days?|business days?|calendar days?|jours ouvrables|jours ouvrés"
    ),
    "weeks": r"wochen?|weeks?|semaines?",
    "months": r"monate?n?|months?|mois",
    "years": r"jahre?n?|years?|ans?|années?",
}
_NUMBER_WORDS = {
    "ein": 1, "eine": 1, "einem": 1, "einen": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "vierzehn": 14,
    "fünfzehn": 15, "zwanzig": 20, "einundzwanzig": 21, "vierundzwanzig": 24, "dreissig": 30, "dreißig": 30,
    "sechsunddreissig": 36, "sechsunddreißig": 36, "achtundvierzig": 48, "sechzig": 60,
    "zweiundsiebzig": 72, "neunzig": 90,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "twenty-one": 21,
    "twenty-four": 24, "thirty": 30, "thirty-six": 36, "forty-eight": 48, "sixty": 60, "seventy-two": 72,
    "ninety": 90,
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "quatorze": 14, "quinze": 15, "vingt": 20, "vingt et un": 21,
    "vingt-quatre": 24, "trente": 30, "quarante-huit": 48, "soixante": 60, "soixante-douze": 72,
    "quatre-vingt-dix": 90,
}  # fmt: skip

_SPACES = r" \u00a0\u202f\u2009"
_MARKS = "'’‘´`′"
_NUMBER = (
    rf"(?:\d{{1,3}}(?:(?P<g{{n}}>[{_MARKS}.,{_SPACES}])\s?\d{{3}})(?:(?P=g{{n}})\s?\d{{3}})*(?!\d)"
    r"(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?)"
)
_DASHES = r"(?:[.,]\s?[–—-]{1,2})?"
_MULTIPLIER = r"(?:\s?(?P<m{n}>mio\.?|million(?:en|s)?|tausend|thousand|[mk](?![\w²³])))?"
# A sign directly behind a number belongs to that number, also where the next table cell begins with one.
_CODES = r"chf|sfr\.?|fr\.|eur|usd|us\$|gbp|aud|cad|jpy|sek|nok|dkk|pln|€|£|\$"
_NAMES = r"schweizer franken|swiss francs|francs suisses|franken|francs|euros?"


def _number(name: str) -> str:
    return _NUMBER.replace("{n}", name)


def _multiplier(name: str) -> str:
    return _MULTIPLIER.replace("{n}", name)


_WORDS = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_UNIT_WORDS = "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items())
_TO = r"(?:bis|to|à|-|–|—)"
_MONEY_BEFORE = re.compile(
    rf"(?<![^\W\d_])(?<!\d[{_SPACES}])(?<!\d)(?P<c>{_CODES}|{_NAMES})[^\S\t]*(?:(?P<low>{_number('a')})\s?{_TO}\s?)?"
    rf"(?P<n>{_number('b')}){_DASHES}{_multiplier('b')}",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(
    rf"(?<![\w.,{_MARKS}])(?:(?P<low>{_number('a')})\s?{_TO}\s?)?"
    rf"(?P<n>{_number('b')}){_DASHES}{_multiplier('b')}\s?(?P<c>(?:{_CODES}|{_NAMES})(?!\w))",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    rf"(?<![\w.,])(?:(?P<low>\d+(?:[.,]\d+)?)\s?{_TO}\s?)?(?P<n>\d+(?:[.,]\d+)?)\s?"
    r"(?:%|prozent\b|per ?cent\b|pour ?cent\b)",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"(?<![\w.,{_MARKS}])(?:(?P<low>\d+|(?:{_WORDS})(?=\s))\s?{_TO}\s?)?"
    rf"(?P<n>\d+(?:[.,]5)?|{_WORDS})(?:\.(?=\s?tag))?"
    rf"(?:\s|\s?-\s?)?(?:{_UNIT_WORDS})(?!\w)",
    re.IGNORECASE,
)
_UNLIMITED = re.compile(
    r"\b(?:(?:betraglich |betragsmässig |der höhe nach )?un(?:begrenzt|limitiert|beschränkt)(?:e[nrsm]?)?"
    r"|ohne (?:betragliche |summenmässige )?(?:kosten|betrags|summen|leistungs)?"
    r"(?:grenze|limite|begrenzung|beschränkung)"
    r"|(?:der höhe nach )?nicht begrenzt|keine (?:betragliche )?(?:limite|begrenzung|obergrenze)"
    r"|in unbegrenzter höhe"
    r"|unlimited|no (?:financial |monetary |upper )?limit|without (?:any )?limit"
    r"|illimitée?s?|sans (?:limite|limitation|plafond)(?: de somme)?|aucune limite)(?!\w)",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?<![\w.,{_MARKS}])(?P<n>{_number('b')}){_DASHES}{_multiplier('b')}(?![\w%])", re.IGNORECASE
)


def parse_number(text: str) -> float:
    """Read one number as written: the last separator with one or two digits behind it is decimal.

    Raises ValueError where ``text`` holds no number.
    """
    digits = re.sub(rf"[{_SPACES}{_MARKS}\s]", "", text)
    decimal = re.fullmatch(r"(\d[\d.,]*)[.,](\d{1,2})", digits)
    if decimal:
        return float(re.sub(r"[.,]", "", decimal.group(1)) + "." + decimal.group(2))
    return float(re.sub(r"[.,]", "", digits))


def parse_amounts(text: str, *, currency: str = "") -> list[Amount]:
    """Return the amounts of ``text`` in order; spans do not overlap.

    With ``currency`` (the unit a table's head names), a bare number counts as money too.
    """
    amounts: list[Amount] = []
    for pattern in (_MONEY_BEFORE, _MONEY_AFTER):
        _add(amounts, (_money(match) for match in pattern.finditer(text)))
    _add(amounts, (_plain(match, AmountKind.PERCENT, "%") for match in _PERCENT.finditer(text)))
    _add(amounts, (_duration(match) for match in _DURATION.finditer(text)))
    _add(
        amounts,
        (
            Amount(AmountKind.UNLIMITED, None, "unlimited", match.start(), match.end())
            for match in _UNLIMITED.finditer(text)
        ),
    )
    if currency:
        _add(amounts, (_plain(match, AmountKind.MONEY, currency) for match in _BARE.finditer(text)))
    amounts.sort(key=lambda amount: amount.start)
    return [_described(text, amount, amounts) for amount in amounts]


def _add(amounts: list[Amount], more: object) -> None:
    for amount in more:  # type: ignore[attr-defined]
        if all(amount.end <= other.start or amount.start >= other.end for other in amounts):
            amounts.append(amount)


def _value(match: re.Match[str], group: str) -> float | None:
    raw = match.group(group)
    if raw is None:
        return None
    word = _NUMBER_WORDS.get(raw.lower())
    return float(word) if word is not None else parse_number(raw)


def _times(match: re.Match[str]) -> float:
    raw = match.groupdict().get("mb")
    return _MULTIPLIERS[raw.lower()] if raw else 1.0


def _money(match: re.Match[str]) -> Amount:
    amount = _plain(match, AmountKind.MONEY, _CURRENCIES[match.group("c").lower()])
    return replace(amount, lower=_value(match, "low"))


def _plain(match: re.Match[str], kind: AmountKind, unit: str) -> Amount:
    value = (_value(match, "n") or 0.0) * _times(match)
    return Amount(kind, round(value, 2), unit, match.start(), match.end())


def _duration(match: re.Match[str]) -> Amount:
    unit = next(name for name in _UNITS if match.group(name))
    amount = _plain(match, AmountKind.DURATION, unit)
    return replace(amount, lower=_value(match, "low"))


def _clause_before(text: str, start: int, end: int) -> str:
    """Return the words before an amount that are its own, not the remarks behind the one before."""
    if start == 0:
        return text[:end]
    return text[start:end].partition(",")[2]


def _described(text: str, amount: Amount, all_amounts: list[Amount]) -> Amount:
    """Add bound, scopes and note from the words around, up to the neighbouring amounts."""
    before = max((other.end for other in all_amounts if other.end <= amount.start), default=0)
    after = min((other.start for other in all_amounts if other.start >= amount.end), default=len(text))
    return replace(
        amount,
        bound=bound_before(text[before : amount.start]),
        scopes=scopes_around(_clause_before(text, before, amount.start), text[amount.end : after]),
        note=variant_around(_clause_before(text, before, amount.start), text[amount.end : after]),
    )
