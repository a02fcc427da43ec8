"""Taxonomies read from Directus over HTTP, page by page."""

from __future__ import annotations

import pytest

from shared.directus.taxonomy import build_taxonomy, read_taxonomy_rows
from shared.errors import PermanentError
from tests.support.directus import Connect
from tests.support.directus_taxonomy import LIMIT, LUGGAGE, PRODUCT, SEGMENT, row
from tests.support.fakes.directus_server import DirectusServer


def test_all_pages_of_one_model_are_read(server: DirectusServer, connect: Connect) -> None:
    server.add("domain_context_model", {"id": "m1"}, {"id": "m2"})
    server.add("taxonomy_items", {**PRODUCT, "domain_context_model": "m1"})
    for number in range(120):
        segment = row(f"s{number:03d}", SEGMENT, {f"r{number:03d}": "travel"})
        server.add("taxonomy_items", {**segment, "domain_context_model": "m1"})
    server.add("taxonomy_items", {**LUGGAGE, "domain_context_model": "m2"})
    rows = read_taxonomy_rows(connect(page_size=50), "m1")
    assert len(build_taxonomy(rows).taxonomy.segments) == 120
    assert server.requests == [("POST", "/graphql")] * 3


def test_a_list_of_places_that_may_be_cut_is_refused(server: DirectusServer, connect: Connect) -> None:
    server.add("domain_context_model", {"id": "m1"})
    excess = row("excess", LIMIT, {str(n): "travel" for n in range(60)}, domain_context_model="m1")
    server.add("taxonomy_items", excess)
    with pytest.raises(PermanentError, match=r"'excess' .* has 50 relationships or more"):
        read_taxonomy_rows(connect(page_size=50), "m1")
    assert len(read_taxonomy_rows(connect(page_size=61), "m1")[0]["parent_relationships"]) == 60
