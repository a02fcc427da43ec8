"""The parts of ``infra.directus`` that need no server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra.directus import access, schema
from infra.directus.install import HERE, MANIFESTS, cache_folder
from infra.local.paths import CHECKOUT

DECLARED = schema.load()
# The customer's collections and fields, as their documentation names them.
SEEDED = {
    "status",
    "description",
    "taxonomy_item_relationship",
    "document_reference",
    "section_reference",
    "full_text_part",
    "llm_summary",
    "extraction_date",
    "validated_by_human",
}
DETAIL = SEEDED | {"dcm_product", "insurance_dcm_segment", "insurance_dcm_benefit"}
EXPECTED = {
    "domain_context_model": {"status", "name", "description"},
    "dcm_product": {
        "status",
        "product_name",
        "full_text_part",
        "document_file",
        "domain_context_model",
        "document_reference",
    },
    "taxonomy_items": {
        "status",
        "taxonomy_item_name",
        "category",
        "data_type",
        "description",
        "unit",
        "aliases",
        "examples",
        "llm_instruction",
        "domain_context_model",
        "parent_relationships",
    },
    "taxonomy_item_relationships": {"taxonomy_item", "related_taxonomy_item"},
    "insurance_dcm_segment": SEEDED | {"segment_name", "dcm_product"},
    "insurance_dcm_benefit": SEEDED | {"benefit_name", "insurance_dcm_segment", "actual_value", "unit"},
    "insurance_dcm_limit": DETAIL | {"limit_name", "limit_value", "limit_unit"},
    "insurance_dcm_condition": DETAIL | {"condition_name"},
    "insurance_dcm_exclusion": DETAIL | {"exclusion_name"},
}


def relations() -> Iterator[tuple[str, str, str, str]]:
    for relation in schema.relation_payloads(DECLARED):
        on_delete = relation["schema"]["on_delete"]
        yield relation["collection"], relation["field"], relation["related_collection"], on_delete


def test_the_schema_has_the_customers_collections_and_fields() -> None:
    assert {name: set(collection["fields"]) for name, collection in DECLARED.items()} == EXPECTED


def test_every_relation_leads_to_a_collection_that_is_there() -> None:
    assert {target for _, _, target, _ in relations()} <= set(DECLARED) | {schema.FILES}


def test_what_was_extracted_never_becomes_an_orphan_unseen() -> None:
    parents = {"dcm_product", "insurance_dcm_segment", "insurance_dcm_benefit"}
    assert {on_delete for _, _, target, on_delete in relations() if target in parents} == {"NO ACTION"}


def test_the_relationships_are_shown_with_their_item() -> None:
    shown = [
        (relation["collection"], relation["field"], relation["meta"]["one_field"])
        for relation in schema.relation_payloads(DECLARED)
        if relation["meta"]["one_field"]
    ]
    assert shown == [("taxonomy_item_relationships", "taxonomy_item", "parent_relationships")]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("validated_by_human", {"default_value": False, "is_nullable": False}),
        ("section_reference", {"max_length": 200}),
        ("limit_value", {"numeric_precision": 18, "numeric_scale": 4}),
        ("dcm_product", {"is_indexed": True}),
    ],
)
def test_columns_hold_what_they_should(field: str, expected: dict[str, object]) -> None:
    payload = schema.field_payload(field, DECLARED["insurance_dcm_limit"]["fields"][field])
    assert payload["schema"] == expected


def test_workers_may_change_what_they_seed_and_nothing_else() -> None:
    written = {name for name, action in access.worker_permissions() if action in {"create", "update"}}
    assert written == {name for name in DECLARED if name.startswith("insurance_dcm_")}
    assert ("taxonomy_items", "delete") not in access.worker_permissions()


def test_installations_are_shared_by_checkouts() -> None:
    caches = Path("/caches")
    assert cache_folder({"CLAUSEWORKS_CACHE": str(caches)}) == caches
    assert cache_folder({"XDG_CACHE_HOME": str(caches)}) == caches / "clauseworks"
    assert not cache_folder({}).is_relative_to(CHECKOUT)


def test_the_lock_file_names_no_registry_and_pins_every_package() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if not package.get("integrity")]


def test_compose_runs_the_same_version() -> None:
    compose = yaml.safe_load((HERE.parent / "compose.yaml").read_text())
    pinned = json.loads((HERE / MANIFESTS[0]).read_text())["dependencies"]["directus"]

    assert compose["services"]["directus"]["image"] == f"directus/directus:{pinned}"
