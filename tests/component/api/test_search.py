"""POST /search and GET /documents/{id}/tree: whose documents are searched, whatever the request says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from functions.api.ports.dependencies import ApiDependencies
from shared.clock import utc_now
from shared.documents.model import DocumentRecord
from shared.errors import TransientError
from shared.jobs.model import Owner
from shared.search.query import SearchAnswer, SearchQuestion, SearchTooWideError
from tests.support.api.client import ALICE, BOB, Backend, Client, application, problem, token
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.search_index import MemorySearchIndex
from tests.support.worlds.indexing import POLICY, SearchWorld

OWNER, OTHER = Owner("directus", ALICE), Owner("directus", BOB)


@dataclass
class Counter:
    """The desk's search behind the API, which sees every question that reaches it."""

    desk: SearchWorld = field(default_factory=SearchWorld)
    questions: list[SearchQuestion] = field(default_factory=list)
    error: Exception | None = None
    answer: SearchAnswer | None = None

    def ask(self, question: SearchQuestion) -> SearchAnswer:
        self.questions.append(question)
        if self.error is not None:
            raise self.error
        return self.answer or self.desk.search.ask(question)

    def dependencies(self) -> ApiDependencies:
        dependencies = Backend().dependencies()
        return replace(
            dependencies,
            documents=self.desk.documents,
            files=self.desk.files,
            search=self,
            search_index=self.desk.shelf,
        )

    def client(self, bearer: str | None = None) -> Client:
        return Client(application(self.dependencies()), bearer)


@pytest.fixture
def counter() -> Counter:
    counter = Counter()
    counter.desk.clock.now = utc_now()
    return counter


def hits_of(client: Client, **body: Any) -> list[str]:
    answer = client.post("/search", json={"query": "kennel for dogs", **body})
    assert answer.status_code == 200, answer.text
    return sorted({hit["document_id"] for hit in answer.json()["hits"]})


def test_the_answer_names_page_headings_passage_and_document(counter: Counter) -> None:
    document = counter.desk.index(POLICY, OWNER, case_id="c1")
    body = counter.client().post("/search", json={"query": " dogs in a kennel ", "case_id": "c1"}).json()
    hit = body["hits"][0]
    assert (hit["document_id"], hit["file_name"], hit["case_id"]) == (document.document_id, "policy.md", "c1")
    assert (hit["page"], hit["product_id"]) == (1, None)
    assert hit["headings"][0] == "Travel policy"
    assert "Kennel costs" in hit["text"]
    assert hit["found_by"] == ["vectors", "keywords"]
    assert (body["found"], body["documents"], body["next_offset"], body["skipped"]) == (1, 1, None, [])
    assert body["skipped_documents"] == 0
    assert counter.questions[0].query == "dogs in a kennel"


def test_pages(counter: Counter) -> None:
    for n in range(5):
        counter.desk.index(f"# Policy {n}\n\nKennel number {n} for dogs.\n", OWNER)
    client = counter.client()
    offset: int | None = 0
    seen: list[str] = []
    while offset is not None:
        body = client.post("/search", json={"query": "kennel", "limit": 2, "offset": offset}).json()
        seen += [hit["document_id"] for hit in body["hits"]]
        offset = body["next_offset"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("field_name", ["document_id", "product_id", "case_id"])
def test_another_owners_documents_are_out_of_reach(counter: Counter, field_name: str) -> None:
    secret = counter.desk.index(POLICY, OTHER, case_id="c1")
    entry = counter.desk.shelf.find(OTHER, secret.document_id)
    assert entry is not None
    counter.desk.shelf.put(replace(entry, product_id="p1"))
    scope = {"document_id": secret.document_id, "product_id": "p1", "case_id": "c1"}[field_name]
    answer = counter.client().post("/search", json={"query": "dogs", field_name: scope})
    if field_name == "document_id":
        assert problem(answer) == (404, "document-not-found")
        assert counter.questions == []
    else:
        assert answer.json()["hits"] == []
    assert hits_of(counter.client(token(BOB)), **{field_name: scope}) == [secret.document_id]


@pytest.mark.parametrize(
    "forged",
    [
        {"owner": {"issuer": "directus", "subject": BOB}},
        {"owner": f"directus|{BOB}"},
        {"subject": BOB},
        {"team": "blue"},
        {"documents": ["x"]},
    ],
)
def test_an_owner_in_the_payload_is_refused(counter: Counter, forged: dict[str, Any]) -> None:
    counter.desk.index(POLICY, OTHER)
    answer = counter.client().post("/search", json={"query": "dogs", **forged})
    assert problem(answer) == (422, "invalid-request")
    assert counter.questions == []


def test_the_owner_is_that_of_the_token(counter: Counter) -> None:
    hits_of(counter.client())
    hits_of(counter.client(token(BOB, team="blue")))
    assert [question.owner.key for question in counter.questions] == [OWNER.key, OTHER.key]


def test_a_team_mate_searches_a_document_by_its_id_only(counter: Counter) -> None:
    shared = counter.desk.index(POLICY, replace(OTHER, team="blue"))
    mate = counter.client(token(ALICE, team="blue"))
    assert hits_of(mate, document_id=shared.document_id) == [shared.document_id]
    assert hits_of(mate) == []
    stranger = counter.client(token(ALICE, team="red"))
    answer = stranger.post("/search", json={"query": "dogs", "document_id": shared.document_id})
    assert problem(answer) == (404, "document-not-found")


def test_an_administrator_searches_any_document_by_its_id_and_else_their_own(counter: Counter) -> None:
    theirs = counter.desk.index(POLICY, OTHER)
    admin = counter.client(token("root", admin_access=True))
    assert hits_of(admin, document_id=theirs.document_id) == [theirs.document_id]
    assert hits_of(admin) == []


def test_what_the_search_should_not_have_found_is_not_passed_on(counter: Counter) -> None:
    secret = counter.desk.index(POLICY, OTHER)
    counter.answer = counter.desk.search.ask(SearchQuestion(OTHER, "dogs"))
    counter.answer = replace(counter.answer, skipped=(secret.document_id,))
    body = counter.client().post("/search", json={"query": "dogs"}).json()
    assert body["hits"] == []
    assert (body["skipped"], body["skipped_documents"]) == ([], 0)


def test_of_many_that_were_left_out_some_are_named(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = tuple(counter.desk.upload(POLICY, OWNER).document_id for _ in range(25))
    gone = counter.desk.index(POLICY, OTHER).document_id
    counter.answer = SearchAnswer((), 0, 0, (gone, *left_out))
    looked_up: list[str] = []
    get = MemoryDocuments.get

    def watched(documents: MemoryDocuments, document_id: str) -> DocumentRecord | None:
        looked_up.append(document_id)
        return get(documents, document_id)

    monkeypatch.setattr(MemoryDocuments, "get", watched)
    body = counter.client().post("/search", json={"query": "dogs"}).json()
    assert body["skipped"] == list(left_out[:19])
    assert body["skipped_documents"] == 25
    assert len(looked_up) == 20


@pytest.mark.parametrize(
    "claims", [{"subject": ALICE, "team": "blue"}, {"subject": "root", "admin_access": True}]
)
def test_who_had_anothers_document_analysed_reads_the_index_of_that_analysis(
    counter: Counter, claims: dict[str, Any]
) -> None:
    desk = counter.desk
    document = desk.upload(POLICY, replace(OTHER, team="blue"))
    subject = claims["subject"]
    bearer = token(claims["subject"], **{name: claims[name] for name in claims if name != "subject"})
    mate, path = counter.client(bearer), f"/documents/{document.document_id}/tree"
    assert problem(mate.get(path)) == (409, "document-not-indexed")
    mine = replace(document, owner=Owner("directus", subject, team="blue"))
    desk.index_again(mine)
    assert mate.get(path).status_code == 200
    assert hits_of(mate, document_id=document.document_id) == [document.document_id]
    assert counter.questions[-1].owner.key == mine.owner.key

    stranger = counter.client(token("eve", team="red"))
    for answer in (
        stranger.get(path),
        stranger.post("/search", json={"query": "dogs", "document_id": document.document_id}),
    ):
        assert problem(answer) == (404, "document-not-found")
    owner = counter.client(token(BOB, team="blue"))
    assert hits_of(owner, document_id=document.document_id) == []
    assert counter.questions[-1].owner.key == OTHER.key


def test_of_two_indexes_the_callers_own_comes_first_while_it_lasts(counter: Counter) -> None:
    desk = counter.desk
    document = desk.index(POLICY, replace(OTHER, team="blue"))
    mine = replace(document, owner=replace(OWNER, team="blue"))
    desk.index_again(mine)
    mate, path = counter.client(token(ALICE, team="blue")), f"/documents/{document.document_id}/tree"
    entry = desk.shelf.find(mine.owner, document.document_id)
    assert entry is not None
    key = f"{entry.prefix}tree.json"
    desk.files.put(key, b'{"title": "mine"}', "application/json")
    assert mate.get(path).json() == {"title": "mine"}
    assert hits_of(mate, document_id=document.document_id) == [document.document_id]
    assert counter.questions[-1].owner.key == mine.owner.key
    desk.files.delete_prefix(key)
    assert "children" in mate.get(path).json(), "the owner's"
    desk.shelf.put(replace(entry, expires_at=desk.clock() - timedelta(seconds=1)))
    assert hits_of(mate, document_id=document.document_id) == [document.document_id]
    assert counter.questions[-1].owner.key == OTHER.key


def test_a_deleted_document_is_not_found_from_that_moment_on(counter: Counter) -> None:
    document = counter.desk.index(POLICY, OWNER)
    assert hits_of(counter.client()) == [document.document_id]
    counter.desk.documents.begin_deletion(document.document_id, counter.desk.clock())
    assert hits_of(counter.client()) == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SearchTooWideError(200, 100), (422, "search-too-wide")),
        (TransientError("search-busy", "Busy.", retry_after=2), (503, "search-busy")),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    counter: Counter, error: Exception, expected: tuple[int, str]
) -> None:
    counter.error = error
    assert problem(counter.client().post("/search", json={"query": "dogs"})) == expected


@pytest.mark.parametrize(
    "body", [{}, {"query": ""}, {"query": "  "}, {"query": "x" * 1001}, {"query": "x", "limit": 51}]
)
def test_bad_questions(counter: Counter, body: dict[str, Any]) -> None:
    assert problem(counter.client().post("/search", json=body))[0] == 422


def test_without_a_search_function_it_says_so() -> None:
    client = Client(application(Backend().dependencies()))
    assert problem(client.post("/search", json={"query": "x"})) == (422, "search-not-configured")


def test_the_tree_of_a_document(counter: Counter) -> None:
    document = counter.desk.index(POLICY, OWNER)
    tree = counter.client().get(f"/documents/{document.document_id}/tree").json()
    assert tree["children"][0]["title"] == "Travel policy"
    assert [node["title"] for node in tree["children"][0]["children"]] == ["Luggage", "Cancellation", "Dogs"]
    other = counter.client(token(BOB)).get(f"/documents/{document.document_id}/tree")
    assert problem(other) == (404, "document-not-found")


def test_a_document_without_an_index_has_no_tree_yet(counter: Counter) -> None:
    document = counter.desk.upload(POLICY, OWNER)
    path = f"/documents/{document.document_id}/tree"
    assert problem(counter.client().get(path)) == (409, "document-not-indexed")
    counter.desk.index_again(document)
    counter.desk.files.delete_prefix(f"{document.prefix}index/")
    assert problem(counter.client().get(path)) == (409, "document-not-indexed")
    nothing = Client(application(replace(counter.dependencies(), search_index=MemorySearchIndex())))
    assert problem(nothing.get(path)) == (409, "document-not-indexed")
