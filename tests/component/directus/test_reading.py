from __future__ import annotations

import pytest

from shared.directus import Directus, DirectusNotFoundError, DirectusTokenError, Product
from shared.errors import PermanentError
from tests.support.directus import Connect
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer

PRODUCT = {
    "id": "p1",
    "product_name": "Reiseschutz Plus",
    "full_text_part": "§ 1 Umfang",
    "document_file": "f1",
    "domain_context_model": {"id": 7, "name": "travel"},
    "document_reference": None,
}


def test_product_is_read_with_ids_and_nested_rows_alike(server: DirectusServer, directus: Directus) -> None:
    server.add("dcm_product", PRODUCT)
    assert directus.product("p1") == Product("p1", "Reiseschutz Plus", "§ 1 Umfang", "f1", "7", "")


def test_missing_item_is_not_found_or_not_allowed(directus: Directus) -> None:
    with pytest.raises(DirectusNotFoundError, match="not found in Directus or is not allowed") as caught:
        directus.product("nobody")
    assert (caught.value.code, caught.value.status) == ("directus-not-found", 404)


@pytest.mark.parametrize("item_id", ["", ".", ".."])
def test_ids_that_would_leave_the_path_are_not_asked_for(
    server: DirectusServer, directus: Directus, item_id: str
) -> None:
    with pytest.raises(DirectusNotFoundError):
        directus.product(item_id)
    assert server.requests == []


def test_ids_stay_one_path_segment(server: DirectusServer, directus: Directus) -> None:
    server.add("dcm_product", {**PRODUCT, "id": "a/b?c#d"})
    assert directus.product("a/b?c#d").id == "a/b?c#d"


def test_rows_come_from_all_pages_in_order(server: DirectusServer, connect: Connect) -> None:
    server.add("insurance_dcm_limit", *({"id": f"{i:04d}", "limit_name": "x"} for i in reversed(range(350))))
    rows = connect(page_size=100).rows("insurance_dcm_limit", fields=("id",))
    assert rows == [{"id": f"{i:04d}"} for i in range(350)]
    assert len(server.requests) == 4


def test_rows_of_a_full_last_page_end_with_an_empty_one(server: DirectusServer, connect: Connect) -> None:
    server.add("insurance_dcm_limit", *({"id": str(i)} for i in range(4)))
    assert len(connect(page_size=2).rows("insurance_dcm_limit")) == 4
    assert len(server.requests) == 3


def test_rows_are_filtered_by_the_server(server: DirectusServer, directus: Directus) -> None:
    server.add("dcm_product", {"id": "p1"}, {"id": "p2"})
    server.add("insurance_dcm_segment", {"id": "s1", "dcm_product": "p1"}, {"id": "s2", "dcm_product": "p2"})
    where = {"dcm_product": {"id": {"_eq": "p2"}}}
    assert directus.rows("insurance_dcm_segment", where, ("id",)) == [{"id": "s2"}]


def test_page_above_the_servers_limit_is_refused_with_its_words(
    server: DirectusServer, connect: Connect
) -> None:
    server.query_limit_max = 100
    with pytest.raises(PermanentError, match=r'INVALID_QUERY .*"limit" must be less than or equal to 100'):
        connect(page_size=500).rows("dcm_product")
    assert connect(page_size=100).rows("dcm_product") == []


def test_graphql_returns_its_data(server: DirectusServer, directus: Directus) -> None:
    server.add("dcm_product", {"id": "p1", "product_name": "A"})
    server.add("insurance_dcm_segment", {"id": "s1", "dcm_product": "p1"})
    query = "query($f: x) { list: insurance_dcm_segment(filter: $f) { id dcm_product { product_name } } }"
    data = directus.graphql(query, {"f": {"id": {"_in": ["s1"]}}})
    assert data == {"list": [{"id": "s1", "dcm_product": {"product_name": "A"}}]}


def test_graphql_lists_are_read_to_the_end_of_the_longest(server: DirectusServer, connect: Connect) -> None:
    server.add("dcm_product", *({"id": f"{i:02d}"} for i in range(25)))
    server.add("insurance_dcm_segment", {"id": "s", "dcm_product": "01"})
    part = '(sort: ["id"], limit: $limit, offset: $offset) { id }'
    found = connect(page_size=10).graphql_rows(
        f"query($limit: Int, $offset: Int) {{ dcm_product{part} insurance_dcm_segment{part} }}"
    )
    assert [row["id"] for row in found["dcm_product"]] == [f"{i:02d}" for i in range(25)]
    assert found["insurance_dcm_segment"] == [{"id": "s"}]
    assert len(server.requests) == 3


def test_file_is_downloaded(server: DirectusServer, directus: Directus) -> None:
    server.files["f1"] = (b"%PDF-1.7 ...", "application/pdf")
    assert directus.download("f1") == b"%PDF-1.7 ..."


def test_missing_file_is_not_found(directus: Directus) -> None:
    with pytest.raises(DirectusNotFoundError):
        directus.download("f2")


def test_file_over_the_limit_is_refused(server: DirectusServer, directus: Directus) -> None:
    server.files["f1"] = (b"x" * 100_001, "text/plain")
    with pytest.raises(PermanentError, match="over 100000 bytes") as caught:
        directus.download("f1", max_size=100_000)
    assert caught.value.code == "file-too-large"


def test_rows_are_deleted_in_batches(server: DirectusServer, connect: Connect) -> None:
    server.add("insurance_dcm_limit", *({"id": str(i)} for i in range(7)))
    ids = [str(i) for i in range(6)] + ["long gone"]
    assert connect(batch_size=3).delete("insurance_dcm_limit", ids) == 3
    assert server.ids("insurance_dcm_limit") == ["6"]


def test_deleting_nothing_asks_nothing(server: DirectusServer, directus: Directus) -> None:
    assert directus.delete("insurance_dcm_limit", []) == 0
    assert server.requests == []


def test_token_that_changes_is_taken_from_the_next_request_on(
    server: DirectusServer, connect: Connect
) -> None:
    server.add("dcm_product", PRODUCT)
    tokens = [TOKEN, "outdated", TOKEN]
    directus = connect(token=tokens.pop)
    assert directus.product("p1").id == "p1"
    with pytest.raises(DirectusTokenError):
        directus.product("p1")
    assert directus.product("p1").id == "p1"
