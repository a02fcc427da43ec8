"""One request to a receiver: a real server on the loopback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

from functions.notify.ports import PostAnswer, UndeliveredError
from functions.notify.post import PinnedPost
from tests.support.fakes.receiver import Receiver, receiving

NAME = "hooks.acme.com"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def failing(post: PinnedPost, url: str) -> str:
    with pytest.raises(UndeliveredError) as failure:
        post(url, {}, b"{}")
    return failure.value.code


def test_a_request_arrives_as_it_was_sent(receiver: Receiver) -> None:
    answer = PinnedPost(local=True)(receiver.url, {"webhook-id": "msg_1"}, "ü".encode())
    (got,) = receiver.got
    assert answer == PostAnswer(200)
    assert (got.path, got.body) == ("/hook?key=not-to-be-seen", "ü".encode())
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"


def test_the_name_is_asked_for_once_and_the_connection_goes_where_it_was_vetted(receiver: Receiver) -> None:
    answers = iter([("127.0.0.1",), ("10.0.0.1",)])
    url = f"http://localhost:{receiver.port}/x"
    assert PinnedPost(local=True, resolve=lambda *_: next(answers))(url, {}, b"{}").status == 200
    assert receiver.got[0].headers["Host"] == f"localhost:{receiver.port}"
    assert next(answers) == ("10.0.0.1",)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_by_now_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
    post = PinnedPost(resolve=lambda *_: (address,))
    assert failing(post, f"https://{NAME}/x") == "webhook-url-refused"


def test_a_url_that_is_not_accepted_any_more_is_not_connected_to(receiver: Receiver) -> None:
    assert failing(PinnedPost(), receiver.url) == "webhook-url-refused"
    assert receiver.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_not_followed(receiver: Receiver, status: int) -> None:
    receiver.plan, receiver.headers = [status], {"Location": receiver.url}
    assert PinnedPost(local=True)(receiver.url, {}, b"{}").status == status
    assert len(receiver.got) == 1


def test_what_the_receiver_asks_for_is_told(receiver: Receiver) -> None:
    receiver.plan, receiver.headers = [503], {"Retry-After": "120"}
    assert PinnedPost(local=True)(receiver.url, {}, b"{}") == PostAnswer(503, "120")


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert PinnedPost(local=True)(receiver.url, {}, b"{}").status == 200


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert failing(PinnedPost(local=True), f"http://127.0.0.1:{port}/x") == "connection-refused"


def test_a_receiver_that_does_not_answer_is_left(receiver: Receiver) -> None:
    receiver.before_answer = receiver.stopped.wait
    assert failing(PinnedPost(local=True, seconds=0.2), receiver.url) == "timeout"


def test_a_receiver_that_never_comes_to_an_end_is_left(receiver: Receiver) -> None:
    # Each piece comes well within a time-out of its own.
    receiver.drip = True
    assert failing(PinnedPost(local=True, seconds=0.3), receiver.url) == "timeout"


def test_a_receiver_that_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        port = server.getsockname()[1]
        assert failing(PinnedPost(local=True), f"http://127.0.0.1:{port}/") == "connection-lost"
        thread.join()


# --- TLS --------------------------------------------------------------------------------------------------


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_tls_asks_for_the_name_at_the_vetted_address() -> None:
    authority, names = trustme.CA(), []
    context = server_context(authority, NAME)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with receiving(context) as receiver:
        post = PinnedPost(local=True, resolve=lambda *_: ("127.0.0.1",), context=trusting(authority))
        assert post(f"https://{NAME}:{receiver.port}/x", {}, b"{}").status == 200
        assert receiver.got[0].headers["Host"] == f"{NAME}:{receiver.port}"
    assert names == [NAME]


@pytest.mark.parametrize("fault", ["another name", "an unknown authority"])
def test_a_certificate_that_is_not_the_names_is_refused(fault: str) -> None:
    authority = trustme.CA()
    other = fault == "another name"
    with receiving(server_context(authority, "other.acme.com" if other else NAME)) as receiver:
        trusted = trusting(authority if other else trustme.CA())
        post = PinnedPost(local=True, resolve=lambda *_: ("127.0.0.1",), context=trusted)
        assert failing(post, f"https://{NAME}:{receiver.port}/x") == "tls-failed"
        assert receiver.got == []


def test_another_address_is_tried_where_the_first_does_not_answer(receiver: Receiver) -> None:
    post = PinnedPost(local=True, resolve=lambda *_: ("::1", "127.0.0.1"))
    assert post(f"http://localhost:{receiver.port}/x", {}, b"{}").status == 200
