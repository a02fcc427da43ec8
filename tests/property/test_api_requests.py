"""Whatever is sent, the API answers by its contract: never a server error, never half a job."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.api.schemas.requests import AnalysisRequest
from shared.auth import AuthError, Tokens
from tests.support.api.client import PDF, SECRET, Backend, Client, client_of, problem, token

BACKEND = Backend()
ALICE: Client = client_of(BACKEND)
RUN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(AnalysisRequest.model_fields)), JSON, max_size=6)


@RUN
@given(body=JSON | FIELDS)
def test_any_json(body: Any) -> None:
    headers = {"Content-Type": "application/json"}
    answer = ALICE.post("/jobs/analysis", content=json.dumps(body).encode(), headers=headers)
    assert problem(answer)[0] in {400, 403, 404, 422}


@RUN
@given(body=st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    for path, content_type in (
        ("/jobs/analysis", "application/json"),
        ("/jobs/upload", "multipart/form-data; boundary=x"),
    ):
        answer = ALICE.post(path, content=body, headers={"Content-Type": content_type})
        assert problem(answer)[0] in {400, 422}


@RUN
@given(name=st.text(max_size=300), data=st.binary(max_size=50) | st.just(PDF))
def test_any_file(name: str, data: bytes) -> None:
    before = len(BACKEND.queue.messages)
    form = {"file": (name + ".pdf", data)}
    answer = ALICE.post("/jobs/upload", files=form)
    sent = len(BACKEND.queue.messages) - before
    if answer.status_code == 202:
        kept = answer.json()["file_name"]
        assert sent == 1
        assert len(kept) <= 200
        assert not set(kept) & {"/", "\\", "\0", "\n", "\r"}
    else:
        assert problem(answer)[0] in {400, 422}
        assert sent == 0


@RUN
@given(path=st.text(alphabet=string.printable + "é\u202e", max_size=60), query=st.text(max_size=30))
def test_any_address(path: str, query: str) -> None:
    answer = ALICE.get("/jobs/" + quote(path, safe="/"), params={"cursor": query})
    assert answer.status_code < 500


@RUN
@given(text=st.text(max_size=80), cut=st.integers(0, 200), other=st.characters())
def test_any_token(text: str, cut: int, other: str) -> None:
    good = token()
    for candidate in (text, good[:cut], good[:cut] + other + good[cut + 1 :]):
        if candidate == good:
            continue
        try:
            caller = Tokens(lambda: SECRET, ("directus",)).verify(candidate)
        except AuthError:
            continue
        # The last character of a signature carries bits that mean nothing.
        assert cut == len(good) - 1
        assert caller.subject == "alice"
