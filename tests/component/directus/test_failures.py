from __future__ import annotations

import logging

import pytest

from shared.directus import Directus, DirectusNotFoundError, DirectusTokenError, RetryPolicy
from shared.directus.errors import DirectusRejectedError, error_of_graphql, error_of_response
from shared.errors import PermanentError, TransientError
from tests.support.directus import Connect
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer, Fault

PASSING = [
    Fault(status=429, retry_after="1"),
    Fault(status=503),
    Fault(status=500, code="INTERNAL_SERVER_ERROR"),
    Fault(status=502, body=b"<html>Bad Gateway</html>"),
    Fault(status=200, body=b"<html>Maintenance</html>"),
    Fault(status=200, body=b"[]"),
    Fault(drop=True),
    Fault(cut=True),
]


@pytest.fixture
def rows(server: DirectusServer) -> None:
    server.add("insurance_dcm_limit", {"id": "l1"}, {"id": "l2"})


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_what_passes_is_tried_again(server: DirectusServer, directus: Directus, fault: Fault) -> None:
    server.fail(fault, fault)
    assert len(directus.rows("insurance_dcm_limit")) == 2
    assert len(server.requests) == 3


@pytest.mark.usefixtures("rows")
def test_deletion_is_repeated_when_its_answer_is_lost(server: DirectusServer, directus: Directus) -> None:
    server.fail(Fault(drop_after=True))
    directus.delete("insurance_dcm_limit", ["l1"])
    assert server.ids("insurance_dcm_limit") == ["l2"]
    assert len(server.requests) == 2


def test_download_and_query_are_tried_again_too(server: DirectusServer, directus: Directus) -> None:
    server.files["f1"] = (b"text", "text/plain")
    server.fail(Fault(status=503), Fault(status=503, path="/graphql"))
    assert directus.download("f1") == b"text"
    assert directus.graphql("{ dcm_product { id } }") == {"dcm_product": []}


def test_attempts_are_bounded(server: DirectusServer, directus: Directus, waits: list[float]) -> None:
    server.fail(*[Fault(status=503)] * 9)
    with pytest.raises(TransientError, match="503 SERVICE_UNAVAILABLE") as caught:
        directus.rows("dcm_product")
    assert caught.value.code == "directus-unavailable"
    assert len(server.requests) == 4
    assert len(waits) == 3
    assert all(0.25 * 2**i <= wait <= 0.5 * 2**i for i, wait in enumerate(waits))


def test_retry_after_is_honoured(server: DirectusServer, directus: Directus, waits: list[float]) -> None:
    server.fail(Fault(status=429, code="REQUESTS_EXCEEDED", retry_after="3"))
    directus.rows("dcm_product")
    assert 3 <= waits[0] <= 3.5


def test_a_long_retry_after_is_left_to_the_job(
    server: DirectusServer, directus: Directus, waits: list[float]
) -> None:
    server.fail(Fault(status=429, code="REQUESTS_EXCEEDED", retry_after="120"))
    with pytest.raises(TransientError) as caught:
        directus.rows("dcm_product")
    assert (caught.value.code, caught.value.retry_after, waits) == ("directus-throttled", 120.0, [])


def test_silence_is_a_time_out(server: DirectusServer, connect: Connect) -> None:
    server.fail(Fault(delay=0.5))
    with pytest.raises(TransientError, match="ReadTimeout"):
        connect(timeout=0.05, policy=RetryPolicy(attempts=1)).rows("dcm_product")


def test_nobody_there_is_unavailable(connect: Connect) -> None:
    with pytest.raises(TransientError, match="ConnectError") as caught:
        connect(url="http://127.0.0.1:9").rows("dcm_product")
    assert caught.value.code == "directus-unavailable"


@pytest.mark.parametrize("url", ["ftp://cms.example.com", "cms.example.com"])
def test_address_that_is_none_is_final(connect: Connect, url: str) -> None:
    with pytest.raises(PermanentError) as caught:
        connect(url=url).rows("dcm_product")
    assert caught.value.code == "directus-misconfigured"


def test_wrong_token_is_refused_at_once(server: DirectusServer, connect: Connect) -> None:
    for token in ("not-the-token", ""):
        with pytest.raises(DirectusTokenError, match="refuses the token") as caught:
            connect(token=token).rows("dcm_product")
        assert "not-the-token" not in caught.value.detail
    assert len(server.requests) == 2


def test_unknown_collection_and_field_are_not_found(server: DirectusServer, directus: Directus) -> None:
    server.add("insurance_dcm_segment", {"id": "s1"})
    with pytest.raises(DirectusNotFoundError, match='collection "nothing"'):
        directus.rows("nothing")
    with pytest.raises(DirectusNotFoundError, match='field "colour"'):
        directus.rows("insurance_dcm_segment", {"colour": {"id": {"_eq": 1}}})


def test_graphql_errors_say_what_is_wrong(directus: Directus) -> None:
    with pytest.raises(PermanentError, match=r'GRAPHQL_VALIDATION .*Cannot query field "nothing"'):
        directus.graphql("{ nothing { id } }")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("FORBIDDEN", DirectusNotFoundError),
        ("TOKEN_EXPIRED", DirectusTokenError),
        ("INVALID_TOKEN", DirectusTokenError),
        ("REQUESTS_EXCEEDED", TransientError),
        ("UNDER_PRESSURE", TransientError),
        ("INTERNAL_SERVER_ERROR", TransientError),
        ("FAILED_VALIDATION", PermanentError),
    ],
)
def test_graphql_errors_in_an_answer_of_200_are_errors(
    server: DirectusServer, connect: Connect, code: str, expected: type[Exception]
) -> None:
    body = f'{{"data": {{"x": null}}, "errors": [{{"message": "No.", "extensions": {{"code": "{code}"}}}}]}}'
    server.fail(Fault(status=200, body=body.encode()))
    with pytest.raises(expected):
        connect(policy=RetryPolicy(attempts=1)).graphql("{ x { id } }")


def test_graphql_without_data_is_empty(server: DirectusServer, directus: Directus) -> None:
    server.fail(Fault(status=200, body=b'{"data": null}'))
    assert directus.graphql("{ x { id } }") == {}


@pytest.mark.parametrize("errors", [None, [], "no", [1], [{"message": "m", "extensions": 1}]])
def test_malformed_graphql_errors_are_final_errors(errors: object) -> None:
    assert type(error_of_graphql(errors)) is DirectusRejectedError


def test_rejection_carries_code_and_a_short_clean_message() -> None:
    body = b'{"errors": [{"message": "Value \\u0000 %s", "extensions": {"code": "RECORD_NOT_UNIQUE"}}]}'
    error = error_of_response("POST /items/x", 400, {}, body % (b"a" * 999))
    assert isinstance(error, PermanentError)
    assert error.detail.startswith("Directus rejects POST /items/x: RECORD_NOT_UNIQUE Value   aaa")
    assert len(error.detail) < 300


@pytest.mark.parametrize("body", [b"", b"null", b"<html>", b'{"errors": {}}'])
def test_answers_without_code_are_told_by_their_status(body: bytes) -> None:
    assert error_of_response("GET /x", 418, {}, body).detail == "Directus rejects GET /x: 418"
    assert isinstance(error_of_response("GET /x", 401, {}, body), DirectusTokenError)
    assert isinstance(error_of_response("GET /x", 404, {}, body), DirectusNotFoundError)
    assert isinstance(error_of_response("GET /x", 408, {}, body), TransientError)


def test_the_token_is_never_logged(
    server: DirectusServer,
    directus: Directus,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.fail(*[Fault(status=503)] * 9)
    with caplog.at_level(logging.DEBUG), pytest.raises(TransientError):
        directus.rows("dcm_product")
    printed = capsys.readouterr()
    assert TOKEN not in caplog.text + printed.out + printed.err
