"""Rows of the real Directus that several files look at."""

from __future__ import annotations

from typing import Any

from tests.peers.directus import DirectusServer

# Written by the service, so not part of what an analysis says.
LIMITS = "insurance_dcm_limit"


def validated(server: DirectusServer, product_id: str) -> list[dict[str, Any]]:
    where = {"dcm_product": {"_eq": product_id}, "validated_by_human": {"_eq": True}}
    return server.rows(LIMITS, where)
