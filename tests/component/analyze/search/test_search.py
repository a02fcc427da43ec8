"""Questions to the documents of one owner; nobody reaches anybody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.analyze.search import handler
from functions.analyze.search.library import Library
from functions.analyze.search.ranking import fuse
from shared.errors import PermanentError, TransientError
from shared.files.port import FileMissingError
from shared.jobs.model import Owner
from shared.search.query import SearchAnswer, SearchQuestion, SearchTooWideError
from tests.support.worlds.indexing import ALICE, BOB, POLICY, SearchWorld

SKIS = "# Winter\n\nBroken skis are replaced up to CHF 900 by the hire shop.\n"


def test_the_answer_says_where_it_stands() -> None:
    desk = SearchWorld()
    document = desk.index(case_id="c1")
    hit = desk.ask("kennel for dogs").hits[0]
    assert "Kennel costs are paid" in hit.text
    assert (hit.document_id, hit.file_name, hit.case_id) == (document.document_id, "policy.md", "c1")
    assert (hit.page, hit.last_page) == (1, 1)
    assert hit.headings[0] == "Travel policy"
    assert hit.found_by == ("vectors", "keywords")
    assert hit.similarity is not None
    assert 0 < hit.score <= 1


def test_a_word_that_no_vector_knows_is_found_by_keywords() -> None:
    desk = SearchWorld()
    desk.index(POLICY)
    desk.index(SKIS)
    assert "skis" in desk.ask("skis").hits[0].text


def test_pages_of_an_answer_follow_each_other() -> None:
    desk = SearchWorld()
    for n in range(7):
        desk.index(f"# Policy {n}\n\nSuitcases are covered up to {n} francs in variant v{n}.\n")
    everything = desk.ask("suitcases", limit=50)
    pages = [desk.ask("suitcases", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [hit.passage_id for page in pages for hit in page.hits] == [h.passage_id for h in everything.hits]
    assert {page.found for page in pages} == {everything.found} == {7}
    assert everything.documents == 7


def test_the_scope_is_a_document_a_product_or_a_case() -> None:
    desk = SearchWorld()
    first, second = desk.index(case_id="c1"), desk.index(case_id="c2")
    entry = desk.shelf.find(ALICE, second.document_id)
    assert entry is not None
    desk.shelf.put(replace(entry, product_id="p7"))
    assert {hit.document_id for hit in desk.ask("dogs").hits} == {first.document_id, second.document_id}
    scopes: list[tuple[dict[str, Any], set[str]]] = [
        ({"document_id": first.document_id}, {first.document_id}),
        ({"case_id": "c2"}, {second.document_id}),
        ({"product_id": "p7"}, {second.document_id}),
        ({"product_id": "p7", "case_id": "c1"}, set()),
        ({"case_id": "c3"}, set()),
    ]
    for scope, expected in scopes:
        answer = desk.ask("dogs", **scope)
        assert {hit.document_id for hit in answer.hits} == expected
        assert answer.documents == len(expected)


@pytest.mark.parametrize("forged", ["document", "product", "case"])
def test_nobody_finds_another_owners_documents(forged: str) -> None:
    desk = SearchWorld()
    secret = desk.index(POLICY, BOB, case_id="c1")
    desk.index(SKIS, ALICE)
    entry = desk.shelf.find(BOB, secret.document_id)
    assert entry is not None
    desk.shelf.put(replace(entry, product_id="p1"))
    scope: dict[str, Any] = {
        "document": {"document_id": secret.document_id},
        "product": {"product_id": "p1"},
        "case": {"case_id": "c1"},
    }[forged]
    assert desk.ask("dogs", ALICE, **scope) == SearchAnswer((), 0, 0)
    assert secret.document_id not in {hit.document_id for hit in desk.ask("dogs", ALICE).hits}
    assert {hit.document_id for hit in desk.ask("dogs", BOB, **scope).hits} == {secret.document_id}


@pytest.mark.parametrize(
    "stranger",
    [Owner("directus", "bob|"), Owner("directus|bob", ""), Owner("other", "bob"), Owner("directus", "bo")],
)
def test_an_owner_is_issuer_and_subject(stranger: Owner) -> None:
    desk = SearchWorld()
    desk.index(POLICY, BOB)
    assert desk.ask("dogs", stranger).hits == ()


def test_a_team_shares_no_search() -> None:
    desk = SearchWorld()
    desk.index(POLICY, replace(BOB, team="blue"))
    assert desk.ask("dogs", replace(ALICE, team="blue")).hits == ()


def test_what_is_indexed_meanwhile_is_found_at_once() -> None:
    desk = SearchWorld()
    assert desk.ask("skis").hits == ()
    document = desk.index(SKIS)
    assert [hit.document_id for hit in desk.ask("skis").hits] == [document.document_id]
    desk.shelf.remove(ALICE, document.document_id)
    assert desk.ask("skis").hits == ()


def test_an_index_that_is_replaced_while_it_is_read() -> None:
    desk = SearchWorld()
    document = desk.index()
    desk.ask("dogs")
    stale = desk.search._indexes[ALICE.key].entries
    desk.index_again(document)
    desk.ask("dogs")
    desk.search._indexes[ALICE.key].entries = stale
    desk.search.library = Library(desk.files, 1000)
    desk.search.vectors._stacked = ((), None)  # type: ignore[attr-defined]
    answer = desk.ask("dogs")
    assert answer.hits[0].document_id == document.document_id
    assert answer.skipped == ()


@pytest.mark.parametrize("name", ["", "vectors.npy", "passages.json"])
def test_an_entry_without_its_files_is_named_and_fails_no_search(name: str) -> None:
    desk = SearchWorld()
    lost = [desk.index() for _ in range(5)]
    kept = desk.index(SKIS)
    for document in lost:
        entry = desk.shelf.find(ALICE, document.document_id)
        assert entry is not None
        desk.files.delete_prefix(f"{entry.prefix}{name}")
    for _ in range(2):
        answer = desk.ask("dogs or skis")
        assert {hit.document_id for hit in answer.hits} == {kept.document_id}
        assert answer.documents == 1
        assert sorted(answer.skipped) == sorted(document.document_id for document in lost)
    alone = desk.ask("dogs", document_id=lost[0].document_id)
    assert alone == SearchAnswer((), 0, 0, (lost[0].document_id,))
    desk.index_again(lost[0])
    answer = desk.ask("dogs")
    assert answer.hits[0].document_id == lost[0].document_id
    assert sorted(answer.skipped) == sorted(document.document_id for document in lost[1:])


def test_a_shelf_that_changes_all_the_time_is_no_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = SearchWorld()
    desk.index()

    def replaced(_entries: object) -> Any:
        raise FileMissingError("documents/x/index/earlier.1/passages.json")

    monkeypatch.setattr(Library, "keywords", lambda _self, entries: replaced(entries))
    with pytest.raises(TransientError):
        desk.ask("dogs")


def test_vectors_of_another_model_are_not_compared() -> None:
    desk = SearchWorld()
    old = desk.index()
    desk.embeddings.name = "new words"
    new = desk.index(SKIS)
    answer = desk.ask("dogs or skis")
    assert answer.skipped == (old.document_id,)
    assert answer.documents == 1
    assert {hit.document_id for hit in answer.hits} == {new.document_id}


def test_more_than_fits_into_memory_is_refused_with_advice() -> None:
    desk = SearchWorld(most=1)
    first, _ = desk.index(SKIS), desk.index(SKIS)
    with pytest.raises(SearchTooWideError, match="Narrow it"):
        desk.ask("skis")
    assert desk.ask("skis", document_id=first.document_id).hits
    desk.index(SKIS)
    assert desk.ask("skis", document_id=first.document_id).hits


@pytest.mark.parametrize(
    "query", ["", "   ", "?!", "\0", "𝔖𝔨𝔦𝔰", "AND OR (", '"', "skis^2 ~3 [a TO b]", "x" * 1000]
)
def test_any_text_is_a_question(query: str) -> None:
    desk = SearchWorld()
    desk.index(SKIS)
    assert desk.ask(query).documents == 1


def test_what_travels_comes_back_the_same() -> None:
    desk = SearchWorld()
    desk.index()
    answer = desk.ask("dogs")
    assert SearchAnswer.from_json(json.loads(json.dumps(answer.to_json()))) == answer
    question = SearchQuestion(ALICE, "dogs", 3, 2, "d", "p", "c")
    assert SearchQuestion.from_json(json.loads(json.dumps(question.to_json()))) == question


@pytest.mark.parametrize(
    "change",
    [
        {"owner": None},
        {"owner": {"issuer": "", "subject": "x"}},
        {"owner": {"issuer": "directus", "subject": ["a"]}},
        {"query": 5},
        {"limit": "9"},
        {"offset": -1},
        {"everything": True},
    ],
)
def test_what_is_no_question_is_refused(change: dict[str, object]) -> None:
    event = {**SearchQuestion(ALICE, "dogs").to_json(), **change}
    with pytest.raises(PermanentError):
        SearchQuestion.from_json(event)


def test_the_handler_answers_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = SearchWorld()
    desk.index()
    monkeypatch.setattr(handler, "search", lambda: desk.search)
    event = json.loads(json.dumps(SearchQuestion(ALICE, "dogs").to_json()))
    assert handler.handler(event, None)["answer"] == desk.ask("dogs").to_json()
    assert handler.handler({}, None)["problem"]["transient"] is False

    def fault(_texts: object) -> None:
        raise TransientError("embeddings-unavailable", "503.")

    desk.embeddings.fault = fault
    assert handler.handler(event, None)["problem"]["transient"] is True


def test_fusion_puts_first_what_both_have() -> None:
    fused = fuse([(1, ["a", "b", "c"]), (1, ["d", "b"])])
    assert [item for item, _ in fused] == ["b", "a", "d", "c"]
    assert fuse([(1, ["a"]), (1, ["a"])]) == [("a", 1.0)]
    assert fuse([]) == []


def test_the_library_forgets_what_was_asked_for_longest_ago() -> None:
    desk = SearchWorld(most=2)
    documents = [desk.index(f"# Policy {n}\n\nSuitcases number {n}.\n") for n in range(4)]
    for document in documents:
        desk.ask("suitcases", document_id=document.document_id)
    assert len(desk.search.library._passages) == 2
    assert len(desk.search.library._keywords) == 2


def test_indexes_of_many_owners_are_not_all_kept() -> None:
    desk = SearchWorld()
    for n in range(105):
        desk.ask("dogs", Owner("directus", f"u{n}"))
    assert len(desk.search._indexes) == 100
