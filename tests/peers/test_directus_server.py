"""The Directus we run: its schema, its sample data, and what our client makes of its answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import jwt
import pytest

from functions.cleanup.removal.seeded import DirectusRows
from infra.directus.bootstrap import Changes, bootstrap
from infra.directus.ids import model_id
from infra.directus.products import HOUSEHOLD, PRODUCTS, TRAVEL, WEEKEND
from shared.directus import Directus, DirectusNotFoundError, DirectusTokenError, RetryPolicy
from shared.errors import PermanentError, TransientError
from shared.taxonomy.reader import load_taxonomy, shipped_taxonomies
from tests.peers.directus import DirectusServer
from tests.support.paths import SAMPLES
from tests.support.worlds.cleanup import CleanupWorld

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def directus(directus_server: DirectusServer) -> Directus:
    return directus_server.client()


def test_a_second_bootstrap_changes_nothing(directus_server: DirectusServer) -> None:
    def state() -> object:
        snapshot = directus_server.rest.get("/schema/snapshot")
        permissions = directus_server.rest.get("/permissions", limit="-1", sort="id")
        return snapshot, permissions, directus_server.rows("taxonomy_items")

    before = state()

    changes = bootstrap(directus_server.url, directus_server.admin_token, directus_server.worker_token)

    assert changes == Changes(0, 0, 0, 0)
    assert state() == before


def test_the_bootstrap_mends_what_was_changed_or_removed(directus_server: DirectusServer) -> None:
    rest = directus_server.rest
    rest.patch(f"/items/dcm_product/{WEEKEND.product_id}", {"full_text_part": "changed"})
    rest.delete("/fields/insurance_dcm_condition/llm_summary")
    leaf = directus_server.rows("taxonomy_items", {"category": {"_eq": "exclusion_type"}})[0]
    places = directus_server.rows("taxonomy_item_relationships", {"taxonomy_item": {"_eq": leaf["id"]}})
    rest.delete(f"/items/taxonomy_items/{leaf['id']}")
    other = directus_server.rows("taxonomy_item_relationships")[0]
    rest.post("/items/taxonomy_item_relationships", {**other, "id": UNKNOWN})

    changes = bootstrap(directus_server.url, directus_server.admin_token, directus_server.worker_token)

    assert changes == Changes(schema=1, access=0, taxonomy=1 + len(places) + 1, products=1)
    assert directus_server.client().product(WEEKEND.product_id).full_text_part != "changed"
    assert directus_server.rows("taxonomy_item_relationships", {"id": {"_eq": UNKNOWN}}) == []


@pytest.mark.parametrize("name", shipped_taxonomies())
def test_a_taxonomy_is_there_with_every_place_of_every_item(
    directus_server: DirectusServer, name: str
) -> None:
    items = directus_server.rows("taxonomy_items", {"domain_context_model": {"_eq": model_id(name)}})
    names = {row["id"]: row["taxonomy_item_name"] for row in items}
    relationships = directus_server.rows("taxonomy_item_relationships")

    places = sorted(
        (names[row["related_taxonomy_item"]], names[row["taxonomy_item"]])
        for row in relationships
        if row["taxonomy_item"] in names
    )

    root = load_taxonomy(name).root
    assert places == sorted((parent.name, child.name) for parent in root.walk() for child in parent.children)
    placed = {row["taxonomy_item"] for row in relationships}
    assert [row["taxonomy_item_name"] for row in items if row["id"] not in placed] == [root.name]


def test_the_sample_products_carry_their_documents(directus: Directus) -> None:
    weekend = directus.product(WEEKEND.product_id)
    assert weekend.full_text_part == (SAMPLES / "small.txt").read_text()
    assert weekend.document == ""

    for sample in (TRAVEL, HOUSEHOLD):
        product = directus.product(sample.product_id)
        assert product.full_text_part == ""
        assert directus.download(product.document) == (SAMPLES / sample.document).read_bytes()
        assert product.domain_context_model == model_id(sample.taxonomy)


def test_a_download_stops_at_the_largest_size(directus: Directus) -> None:
    document = directus.product(TRAVEL.product_id).document

    with pytest.raises(PermanentError) as caught:
        directus.download(document, max_size=1000)
    assert caught.value.code == "file-too-large"


def test_a_row_gets_the_customers_defaults(directus_server: DirectusServer) -> None:
    product = directus_server.add_product()
    directus_server.rest.post(
        "/items/insurance_dcm_limit", {"limit_name": "deductible", "dcm_product": product}
    )

    (row,) = directus_server.rows("insurance_dcm_limit", {"dcm_product": {"_eq": product}})

    assert uuid.UUID(row["id"])
    assert (row["status"], row["validated_by_human"], row["limit_value"]) == ("published", False, None)


def test_reading_goes_beyond_one_page(directus_server: DirectusServer) -> None:
    there = {row["id"] for row in directus_server.rows("taxonomy_item_relationships")}
    assert len(there) > 1000

    for page_size in (100, 333, len(there)):
        rows = directus_server.client(page_size=page_size).rows("taxonomy_item_relationships", None, ("id",))
        assert len(rows) == len(there)
        assert {row["id"] for row in rows} == there


HIDDEN = "not found in Directus or is not allowed. Directus says: You don't have permission"
REFUSALS: list[tuple[str, Callable[[Directus], object], type[PermanentError], str]] = [
    ("missing row", lambda d: d.product(UNKNOWN), DirectusNotFoundError, HIDDEN),
    ("id that is no uuid", lambda d: d.product("nothing"), DirectusNotFoundError, HIDDEN),
    ("unknown collection", lambda d: d.rows("nothing"), DirectusNotFoundError, HIDDEN),
    ("unknown field", lambda d: d.rows("dcm_product", {"x": {"_eq": 1}}), DirectusNotFoundError, HIDDEN),
    ("missing file", lambda d: d.download(UNKNOWN), DirectusNotFoundError, HIDDEN),
    ("unknown field in GraphQL", lambda d: d.graphql("{ x { id } }"), PermanentError, "GRAPHQL_VALIDATION"),
    ("no GraphQL", lambda d: d.graphql("{"), PermanentError, "GRAPHQL_VALIDATION"),
]


@pytest.mark.parametrize(("ask", "kind", "words"), [pytest.param(*rest, id=name) for name, *rest in REFUSALS])
def test_a_refusal_is_a_permanent_error(
    directus: Directus, ask: Callable[[Directus], object], kind: type[PermanentError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        ask(directus)
    assert words in str(caught.value)


def test_a_worker_may_not_change_the_taxonomy(directus_server: DirectusServer, directus: Directus) -> None:
    before = directus_server.rows("taxonomy_items")

    with pytest.raises(DirectusNotFoundError):
        directus.delete("taxonomy_items", [before[0]["id"]])
    assert directus_server.rows("taxonomy_items") == before


@pytest.mark.parametrize("token", ["wrong", "a.b.c"])
def test_a_wrong_token_is_named_as_such(directus_server: DirectusServer, token: str) -> None:
    with pytest.raises(DirectusTokenError):
        directus_server.client(token).product(WEEKEND.product_id)


def test_an_expired_token_is_named_as_such(directus_server: DirectusServer) -> None:
    claims = jwt.decode(directus_server.login(), options={"verify_signature": False})
    expired = jwt.encode({**claims, "exp": claims["iat"] - 1}, directus_server.secret, algorithm="HS256")

    with pytest.raises(DirectusTokenError):
        directus_server.client(expired).product(WEEKEND.product_id)


def test_a_user_sees_the_products_that_directus_shows_and_no_others(directus_server: DirectusServer) -> None:
    emails = (
        directus_server.add_user("reader", products=[WEEKEND.product_id]),
        directus_server.add_user("admin", admin=True),
    )
    reader, admin = (directus_server.client(directus_server.login(email)) for email in emails)

    assert [row["id"] for row in reader.rows("dcm_product")] == [WEEKEND.product_id]
    with pytest.raises(DirectusNotFoundError):
        reader.product(TRAVEL.product_id)
    assert {row["id"] for row in admin.rows("dcm_product")} >= {sample.product_id for sample in PRODUCTS}


def seed(directus_server: DirectusServer, product: str, *, limits: int, validated: int = 0) -> None:
    """Write 10 segments, 50 benefits, and limits, the first ``validated`` of which a human has seen."""
    post = directus_server.rest.post
    segments = [str(uuid.uuid4()) for _ in range(10)]
    benefits = [str(uuid.uuid4()) for _ in range(50)]
    post(
        "/items/insurance_dcm_segment",
        [
            {"id": row, "segment_name": f"segment {n}", "dcm_product": product}
            for n, row in enumerate(segments)
        ],
    )
    post(
        "/items/insurance_dcm_benefit",
        [
            {"id": row, "benefit_name": f"benefit {n}", "insurance_dcm_segment": segments[n % 10]}
            for n, row in enumerate(benefits)
        ],
    )
    post(
        "/items/insurance_dcm_limit",
        [
            {
                "limit_name": f"limit {n}",
                "limit_value": n,
                "dcm_product": product,
                "insurance_dcm_segment": segments[n % 10],
                "insurance_dcm_benefit": benefits[n % 50],
                "validated_by_human": n < validated,
            }
            for n in range(limits)
        ],
    )


def left(directus_server: DirectusServer, product: str) -> dict[str, int]:
    """Count what hangs on a product, by a way of its own."""
    of_product = {"dcm_product": {"_eq": product}}
    of_segment = {"insurance_dcm_segment": of_product}
    return {
        "segments": len(directus_server.rows("insurance_dcm_segment", of_product)),
        "benefits": len(directus_server.rows("insurance_dcm_benefit", of_segment)),
        "limits": len(directus_server.rows("insurance_dcm_limit", of_product)),
    }


def test_a_product_with_a_thousand_rows_is_cleaned_completely(directus_server: DirectusServer) -> None:
    product, other = directus_server.add_product(), directus_server.add_product()
    seed(directus_server, product, limits=1000)
    seed(directus_server, other, limits=1)
    world = CleanupWorld(DirectusRows(directus_server.client()))

    result = world.result(product_id=product)

    assert result["success"] is True
    assert left(directus_server, product) == {"segments": 0, "benefits": 0, "limits": 0}
    assert left(directus_server, other) == {"segments": 10, "benefits": 50, "limits": 1}
    assert directus_server.client().product(product).id == product


def test_validated_rows_stay_with_what_they_hang_on(directus_server: DirectusServer) -> None:
    product = directus_server.add_product()
    seed(directus_server, product, limits=150, validated=2)
    world = CleanupWorld(DirectusRows(directus_server.client()))

    assert world.result(product_id=product)["success"] is True
    assert left(directus_server, product) == {"segments": 2, "benefits": 2, "limits": 2}

    assert world.result(product_id=product, force=True, delete_product=True)["success"] is True
    assert left(directus_server, product) == {"segments": 0, "benefits": 0, "limits": 0}
    assert directus_server.rows("dcm_product", {"id": {"_eq": product}}) == []


def test_what_rows_hang_on_cannot_be_deleted(directus_server: DirectusServer) -> None:
    product = directus_server.add_product()
    seed(directus_server, product, limits=1)
    impatient = directus_server.client(policy=RetryPolicy(attempts=1))

    with pytest.raises((PermanentError, TransientError)):
        impatient.delete("dcm_product", [product])
    assert left(directus_server, product) == {"segments": 10, "benefits": 50, "limits": 1}


def test_a_killed_server_is_a_passing_error_and_keeps_its_rows(directus_server: DirectusServer) -> None:
    impatient = directus_server.client(policy=RetryPolicy(attempts=1))
    product = directus_server.add_product()

    directus_server.kill()
    with pytest.raises(TransientError):
        impatient.product(product)
    directus_server.restart()

    assert impatient.product(product).id == product
