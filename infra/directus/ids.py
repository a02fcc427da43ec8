"""Ids of what the bootstrap makes: the same on every machine, so that it can be repeated."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "directus.clauseworks")


def stable_id(*parts: str) -> str:
    """Return the UUIDv5 of a name of several parts."""
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def model_id(taxonomy_name: str) -> str:
    """Return the id of a shipped taxonomy's domain context model."""
    return stable_id("domain_context_model", taxonomy_name)
