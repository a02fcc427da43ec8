"""Who may do what: the workers' own user, and the role of people who may seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from infra.directus.ids import stable_id
from infra.directus.rest import ALL, Rest, Row

READ = (
    "domain_context_model",
    "taxonomy_items",
    "taxonomy_item_relationships",
    "dcm_product",
    "directus_files",
)
SEEDED = (
    "insurance_dcm_segment",
    "insurance_dcm_benefit",
    "insurance_dcm_limit",
    "insurance_dcm_condition",
    "insurance_dcm_exclusion",
)
ACTIONS = ("create", "read", "update", "delete")

WORKER_POLICY = stable_id("policy", "worker")
WORKER_ROLE = stable_id("role", "worker")
WORKER_USER = stable_id("user", "worker")
READER_POLICY = stable_id("policy", "reader")
SEEDER_ROLE = stable_id("role", "seeder")


def apply(rest: Rest, worker_token: str) -> int:
    """Bring roles, policies and the workers' user to Directus; return how many rows changed."""
    policies: list[Row] = [
        {"id": WORKER_POLICY, "name": "Clauseworks workers", "admin_access": False, "app_access": False},
        {"id": READER_POLICY, "name": "Clauseworks readers", "admin_access": False, "app_access": True},
    ]
    roles: list[Row] = [
        {"id": WORKER_ROLE, "name": "Clauseworks worker"},
        {
            "id": SEEDER_ROLE,
            "name": "Clauseworks seeder",
            "description": "May seed and clean up (SEED_ROLES).",
        },
    ]
    changed = rest.store("/policies", policies) + rest.store("/roles", roles)
    changed += rest.store(
        "/access", [_access(WORKER_ROLE, WORKER_POLICY), _access(SEEDER_ROLE, READER_POLICY)]
    )
    changed += grant(rest, WORKER_POLICY, worker_permissions())
    changed += grant(rest, READER_POLICY, {(name, "read") for name in (*READ, *SEEDED)})
    return changed + _worker(rest, worker_token)


def worker_permissions() -> set[tuple[str, str]]:
    """Return what the workers need: collections and actions."""
    written = {(name, action) for name in SEEDED for action in ACTIONS}
    return written | {(name, "read") for name in READ} | {("dcm_product", "delete")}


def grant(
    rest: Rest,
    policy: str,
    permissions: Iterable[tuple[str, str]],
    where: Mapping[str, Any] | None = None,
) -> int:
    """Give a policy the (collection, action) pairs that it lacks; ``where`` filters the rows."""
    query = {"filter[policy][_eq]": policy, "fields": "collection,action", "limit": ALL}
    there = {(row["collection"], row["action"]) for row in rest.get("/permissions", **query)}
    missing = sorted(set(permissions) - there)
    if missing:
        rest.post(
            "/permissions",
            [
                {
                    "policy": policy,
                    "collection": collection,
                    "action": action,
                    "fields": ["*"],
                    "permissions": where or {},
                    "validation": {},
                }
                for collection, action in missing
            ],
        )
    return len(missing)


def _access(role: str, policy: str) -> Row:
    return {"id": stable_id("access", role, policy), "role": role, "policy": policy}


def _worker(rest: Rest, token: str) -> int:
    row: Row = {"id": WORKER_USER, "email": "worker@example.com", "first_name": "Clauseworks workers"}
    changed = rest.store("/users", [{**row, "role": WORKER_ROLE, "status": "active"}])
    # Directus never shows a token, so that it cannot be compared.
    rest.patch(f"/users/{WORKER_USER}", {"token": token})
    return changed
