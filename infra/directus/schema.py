"""The customer's collections, brought to a Directus: what is missing is added, nothing is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.directus.rest import ALL, Rest
from infra.local.errors import LocalError

FILE = Path(__file__).with_name("schema.yaml")
Json = dict[str, Any]

INTERFACES = {
    "string": "input",
    "text": "input-multiline",
    "json": "input-code",
    "boolean": "boolean",
    "timestamp": "datetime",
    "decimal": "input",
}
CASTS = {"json": ["cast-json"], "boolean": ["cast-boolean"]}
FILES = "directus_files"
# SQLite has no decimal, so Directus calls the column a float.
SAME = {("decimal", "float")}


def load() -> dict[str, Json]:
    """Return the declared collections by name."""
    declared: dict[str, Json] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["collections"]
    return declared


def apply(rest: Rest, declared: Mapping[str, Json]) -> int:
    """Add the collections, fields and relations that are missing; return how many those were.

    A field that is there with another type is a LocalError: changing it could lose data.
    """
    collections = {row["collection"] for row in rest.get("/collections")}
    fields = {(row["collection"], row["field"]): row["type"] for row in rest.get("/fields", limit=ALL)}
    relations = {(row["collection"], row["field"]) for row in rest.get("/relations", limit=ALL)}
    _refuse_other_types(declared, fields)
    added = 0
    for name, collection in declared.items():
        wanted = [field_payload(field, spec) for field, spec in collection["fields"].items()]
        if name not in collections:
            meta = {"note": collection.get("note"), "archive_field": _archive_field(collection)}
            rest.post("/collections", _collection_payload(name, meta, wanted))
            added += 1
            continue
        for payload in wanted:
            if (name, payload["field"]) not in fields:
                rest.post(f"/fields/{name}", payload)
                added += 1
    for relation in relation_payloads(declared):
        if (relation["collection"], relation["field"]) not in relations:
            rest.post("/relations", relation)
            added += 1
    return added


def field_payload(name: str, spec: Json) -> Json:
    """Return a declared field in Directus's form."""
    meta: Json = {"field": name, "note": spec.get("note"), "required": spec.get("required", False)}
    if "many" in spec:
        meta |= {"special": ["o2m"], "interface": "list-o2m"}
        return {"field": name, "type": "alias", "schema": None, "meta": meta}
    if "to" in spec:
        is_file = spec["to"] == FILES
        meta |= {"special": ["file"] if is_file else ["m2o"]}
        meta |= {"interface": "file" if is_file else "select-dropdown-m2o"}
        # SQLite and PostgreSQL index no foreign key by themselves, and every deletion looks them up.
        return {"field": name, "type": "uuid", "schema": {"is_indexed": True}, "meta": meta}
    kind = spec["type"]
    meta |= {"special": CASTS.get(kind), "interface": INTERFACES[kind]}
    if "choices" in spec:
        choices = [{"text": choice, "value": choice} for choice in spec["choices"]]
        meta |= {"interface": "select-dropdown", "options": {"choices": choices}}
    schema: Json = {}
    if "default" in spec:
        schema |= {"default_value": spec["default"], "is_nullable": False}
        meta["required"] = False
    if "length" in spec:
        schema["max_length"] = spec["length"]
    if kind == "decimal":
        schema |= {"numeric_precision": spec["precision"], "numeric_scale": spec["scale"]}
    return {"field": name, "type": kind, "schema": schema, "meta": meta}


def relation_payloads(declared: Mapping[str, Json]) -> Iterator[Json]:
    """Yield the declared relations in Directus's form."""
    shown = {
        (spec["many"], spec["by"]): field
        for collection in declared.values()
        for field, spec in collection["fields"].items()
        if "many" in spec
    }
    for name, collection in declared.items():
        for field, spec in collection["fields"].items():
            if "to" in spec:
                yield {
                    "collection": name,
                    "field": field,
                    "related_collection": spec["to"],
                    "meta": {"one_field": shown.get((name, field)), "one_deselect_action": "nullify"},
                    "schema": {"on_delete": spec["on_delete"]},
                }


def _collection_payload(name: str, meta: Json, fields: list[Json]) -> Json:
    key = {
        "field": "id",
        "type": "uuid",
        "schema": {"is_primary_key": True, "length": 36, "has_auto_increment": False},
        "meta": {"special": ["uuid"], "interface": "input", "hidden": True, "readonly": True},
    }
    return {"collection": name, "meta": meta, "schema": {}, "fields": [key, *fields]}


def _archive_field(collection: Json) -> str | None:
    return "status" if "status" in collection["fields"] else None


def _refuse_other_types(declared: Mapping[str, Json], fields: Mapping[tuple[str, str], str]) -> None:
    """Raise LocalError where a field of ours is there with another type; a key may be of any."""
    for name, collection in declared.items():
        for field, spec in collection["fields"].items():
            there, wanted = fields.get((name, field)), spec.get("type")
            if there and wanted and there != wanted and (wanted, there) not in SAME:
                raise LocalError(f"{name}.{field} is a {there} in this Directus, not a {wanted}")
