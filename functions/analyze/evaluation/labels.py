"""Labels from a product's rows in Directus: ``python -m functions.analyze.evaluation.labels PRODUCT OUT``.

What a human validated (and corrected) is right, what nobody has validated decides nothing. Writes
``OUT/NAME.json`` for ``functions.analyze.evaluation.run --gold OUT``; with ``--documents DIR`` the product's
document too, as ``DIR/NAME.*``. With ``--complete`` somebody has looked for all that the rows do not
name: what is missing from them counts as not granted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from functions.analyze.evaluation.scoring import PRODUCT
from functions.analyze.seeding import cms
from functions.analyze.seeding.rows import NAME_OF, Row, Rows
from shared.directus import Directus, Product
from shared.directus.row_ids import CONDITIONS, EXCLUSIONS, LIMITS
from shared.directus.rows import BENEFITS, SEGMENTS, VALIDATED
from shared.directus.taxonomy import build_taxonomy, read_taxonomy_rows
from shared.errors import ClauseworksError
from shared.taxonomy.model import Category, Taxonomy

_KINDS = {"conditions": CONDITIONS, "exclusions": EXCLUSIONS}


def labels_of(rows: Rows, taxonomy: Taxonomy, name: str, *, complete: bool) -> dict[str, Any]:
    """Return the labels that a product's rows give (``scoring.py`` tells their form).

    An item is ``included`` where a row of it is validated, unknown where a row is not, and unknown or not
    included (``complete``) where there is none. A benefit's limits, and the conditions and exclusions of a
    place, are known where all of their rows are validated.
    """
    paths = _paths(rows)
    segments: dict[str, bool | None] = {}
    benefits: dict[str, bool | None] = {}
    for segment in taxonomy.segments:
        segments[segment.name] = _included(paths, SEGMENTS, rows, segment.name, complete=complete)
        for benefit in segment.of(Category.BENEFIT):
            path = f"{segment.name}/{benefit.name}"
            benefits[path] = _included(paths, BENEFITS, rows, path, complete=complete)
    for path, included in benefits.items():
        if included:
            segments[path.partition("/")[0]] = True
    return {
        "document": name,
        "segments": {path: {"included": included} for path, included in segments.items()},
        "benefits": {
            path: {"included": included, "limits": _limits(rows, paths, path, complete=complete)}
            for path, included in benefits.items()
        },
        "details": _details(rows, paths, complete=complete),
    }


def _paths(rows: Rows) -> dict[str, str]:
    """Return the path of every segment and benefit row, by its id."""
    paths = {key: str(row[NAME_OF[SEGMENTS]]) for key, row in rows[SEGMENTS].items()}
    for key, row in rows[BENEFITS].items():
        segment = paths.get(str(row[SEGMENTS]))
        if segment is not None:
            paths[key] = f"{segment}/{row[NAME_OF[BENEFITS]]}"
    return paths


def _included(
    paths: Mapping[str, str], collection: str, rows: Rows, path: str, *, complete: bool
) -> bool | None:
    mine = [row for key, row in rows[collection].items() if paths.get(key) == path]
    if any(row[VALIDATED] for row in mine):
        return True
    return False if complete and not mine else None


def _limits(
    rows: Rows, paths: Mapping[str, str], path: str, *, complete: bool
) -> list[dict[str, Any]] | None:
    mine = [row for row in rows[LIMITS].values() if paths.get(str(row[BENEFITS])) == path]
    if not all(row[VALIDATED] for row in mine) or not (mine or complete):
        return None
    return [
        {"type": row[NAME_OF[LIMITS]], "value": _number(row["limit_value"]), "unit": row["limit_unit"] or ""}
        for row in mine
    ]


def _number(value: Any) -> float | None:
    """Return a limit's value; databases give decimals as text."""
    return None if value is None else float(value)


def _details(rows: Rows, paths: Mapping[str, str], *, complete: bool) -> dict[str, dict[str, list[str]]]:
    """Return the conditions and exclusions by place, where all rows that stand there are validated."""
    # A segment is left out: it is scored with all of its benefits, and its rows are its own alone.
    places = [PRODUCT, *(path for path in paths.values() if "/" in path)]
    details: dict[str, dict[str, list[str]]] = {}
    for kind, collection in _KINDS.items():
        by_place: dict[str, list[Row]] = {place: [] for place in places if complete}
        for row in rows[collection].values():
            parent = row[BENEFITS] or row[SEGMENTS]
            by_place.setdefault(paths.get(str(parent), "") if parent else PRODUCT, []).append(row)
        for place, found in by_place.items():
            if place in places and all(row[VALIDATED] for row in found):
                names = {str(row[NAME_OF[collection]]) for row in found}
                details.setdefault(place, {})[kind] = sorted(names)
    return details


def write(directus: Directus, product_id: str, out: Path, documents: Path | None, *, complete: bool) -> Path:
    """Write the labels of a product, with a folder its document too; return the path of the labels.

    Raises what the client raises, and PermanentError where the product's taxonomy cannot be read.
    """
    product = directus.product(product_id)
    taxonomy = build_taxonomy(read_taxonomy_rows(directus, product.domain_context_model)).taxonomy
    _, rows = cms.read(directus, product_id)
    name = "".join(char if char.isalnum() else "-" for char in product_id)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    labels = labels_of(rows, taxonomy, name, complete=complete)
    path.write_text(json.dumps(labels, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if documents is not None:
        _save_document(directus, product, documents, name)
    return path


def _save_document(directus: Directus, product: Product, documents: Path, name: str) -> None:
    """Write what an analysis of the product reads: its text, else its file."""
    documents.mkdir(parents=True, exist_ok=True)
    if product.full_text_part.strip():
        (documents / f"{name}.txt").write_text(product.full_text_part, encoding="utf-8")
    elif product.document:
        suffix = PurePath(directus.file(product.document).name).suffix
        (documents / f"{name}{suffix}").write_bytes(directus.download(product.document))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the Directus that DIRECTUS_URL names; 1 where it cannot be read, 2 for none."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("product", help="id of the product")
    parser.add_argument("out", type=Path, help="folder for the labels")
    parser.add_argument("--documents", type=Path, help="folder for the product's document")
    parser.add_argument("--complete", action="store_true", help="what the rows do not name is not granted")
    options = parser.parse_args(arguments)
    url = os.environ.get("DIRECTUS_URL", "")
    if not url:
        print("DIRECTUS_URL names no Directus", file=sys.stderr)
        return 2
    directus = Directus(url, os.environ.get("DIRECTUS_TOKEN", ""))
    try:
        print(write(directus, options.product, options.out, options.documents, complete=options.complete))
    except ClauseworksError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        directus.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
