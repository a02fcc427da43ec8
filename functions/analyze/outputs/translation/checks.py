"""What has to survive a translation: numbers, dates, names and the like; what differs is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from functions.analyze.document.amounts import parse_number
from functions.analyze.outputs.translation.port import Register

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f ](?=\d{3}(?!\d))\d{3})*(?:[.,]\d{1,2}(?!\d))?")
_DAY_MONTH = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:\.|er|st|nd|rd|th)?\s+(?:de\s+|of\s+)?(?P<month>[^\W\d_]{3,10})\.?"
    r"(?:,?\s+(?:de\s+|del\s+)?(?P<year>\d{4}))?"
)
_MONTH_DAY = re.compile(
    r"(?P<month>[^\W\d_]{3,10})\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?(?!\d)"
)
_NUMERIC_DATE = re.compile(r"(?<![\d.])(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<year>\d{4})(?!\d)")
_MONTHS = (
    ("january", "jan", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro"),
    ("february", "feb", "februar", "février", "febrero", "febbraio", "fevereiro"),
    ("march", "mar", "märz", "mars", "marzo", "março"),
    ("april", "apr", "avril", "abril", "aprile"),
    ("may", "mai", "mayo", "maggio", "maio"),
    ("june", "jun", "juni", "juin", "junio", "giugno", "junho"),
    ("july", "jul", "juli", "juillet", "julio", "luglio", "julho"),
    ("august", "aug", "août", "agosto"),
    ("september", "sep", "sept", "septembre", "septiembre", "setiembre", "settembre", "setembro"),
    ("october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "outubro"),
    ("november", "nov", "novembre", "noviembre", "novembro"),
    ("december", "dec", "dezember", "dez", "décembre", "diciembre", "dicembre", "dezembro"),
)
_MONTH_NUMBERS: Mapping[str, int] = {
    name: number for number, names in enumerate(_MONTHS, start=1) for name in names
}
_LETTERS = r"[^\W\d_]"
_WORD = rf"(?-i:[A-ZÀ-ÖØ-Þ]){_LETTERS}[\w'’-]*"
# Names that differ from other words in any language: after a title, before a legal form, addresses.
_TITLE = (
    r"(?:Sra?|Srta|Dña|Don|Doña|Herrn?|Frau|Mrs?|Ms|Mme|Mlle|Monsieur|Madame|Dr|Prof|Sig|Signora)\.?|[DM]\."
)
_TITLED = re.compile(rf"\b(?:{_TITLE}) +(?P<name>{_WORD}(?: +{_WORD}){{0,3}})")
_COMPANY = re.compile(
    rf"(?P<name>(?:{_WORD}\s+){{1,4}}(?:AG|GmbH|KG|SA|S\.A\.|S\.L\.|SL|SE|Ltd|Limited|Inc|plc|SpA|S\.p\.A\.|SAS))(?!\w)"
)
_ADDRESS = re.compile(r"(?P<name>[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[^\s<>()]*[\w/])")
_CODE = re.compile(r"(?<![\w.@/])(?P<name>(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{3,})(?!\w)")
_NAMES = (_TITLED, _COMPANY, _ADDRESS, _CODE)
_SHOWN = 5


def remarks(original: str, translated: str, register: Register = Register.FAITHFUL) -> list[str]:
    """Return what differs between a page and its translation, in one sentence a kind.

    In plain language a number may stand once where the original repeats it; none may be new or gone.
    """
    differences = []
    gone, new = _difference(numbers(original), numbers(translated), register)
    if gone or new:
        differences.append(_difference_text("Numbers differ", gone, new))
    gone, new = _difference(dates(original), dates(translated), Register.PLAIN)
    if gone or new:
        differences.append(_difference_text("Dates differ", gone, new))
    lost = [name for name in names(original) if name.casefold() not in _flat(translated)]
    if lost:
        differences.append(_difference_text("Names differ", lost, []))
    return differences


def numbers(text: str) -> Counter[str]:
    """Return every number outside dates by its value, however it is written (1.500,00 is 1,500.00)."""
    counts: Counter[str] = Counter()
    at = 0
    for start, end, _ in [*_dates(text), (len(text), len(text), "")]:
        for match in _NUMBER.finditer(text, at, max(at, start)):
            with suppress(ValueError):
                counts[f"{parse_number(match.group()):.10g}"] += 1
        at = max(at, end)
    return counts


def dates(text: str) -> Counter[str]:
    """Return the dates of a text as (year-)month-day.

    Where day and month are both numbers up to twelve, either may come first: the smaller one comes first.
    """
    return Counter(date for _, _, date in _dates(text))


def _dates(text: str) -> list[tuple[int, int, str]]:
    """Return each date with its span, in the order of the text; of two that overlap the first one."""
    every = []
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(text):
            month = _MONTH_NUMBERS.get(match["month"].lower())
            if month is not None:
                every.append((*match.span(), _date(match["year"], int(match["day"]), month)))
    every.extend(
        (*match.span(), _date(match["year"], int(match["a"]), int(match["b"])))
        for match in _NUMERIC_DATE.finditer(text)
    )
    kept: list[tuple[int, int, str]] = []
    for start, end, date in sorted(every):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, date))
    return kept


def names(text: str) -> list[str]:
    """Return names that stay as they are in any language, each once, in the order of the text."""
    places = [(m.start(), _flat(m["name"], fold=False)) for pattern in _NAMES for m in pattern.finditer(text)]
    return list(dict.fromkeys(name for _, name in sorted(places)))


def _date(year: str | None, a: int, b: int) -> str:
    return f"{year or ''}-{min(a, b):02}-{max(a, b):02}"


def _difference(before: Counter[str], after: Counter[str], register: Register) -> tuple[list[str], list[str]]:
    if register is Register.PLAIN:
        return sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    return sorted((before - after).elements()), sorted((after - before).elements())


def _difference_text(title: str, gone: list[str], new: list[str]) -> str:
    parts = [
        f"{what} {', '.join(values[:_SHOWN])}"
        + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
        for what, values in (("missing", gone), ("added", new))
        if values
    ]
    return f"{title}: {'; '.join(parts)}."


def _flat(text: str, *, fold: bool = True) -> str:
    flat = " ".join(text.split())
    return flat.casefold() if fold else flat
