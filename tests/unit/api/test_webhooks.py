"""The webhooks of a caller."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import TransientError
from shared.notifications.signing import key_of
from tests.support.api.client import Backend, Client, client_of, places, problem, token

URL = "https://hooks.acme.com/path-that-is-secret"


def created(client: Client, url: str = URL, **more: Any) -> dict[str, Any]:
    answer = client.post("/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/webhooks/{answer.json()['webhook_id']}"
    body: dict[str, Any] = answer.json()
    return body


def test_the_secret_is_shown_when_it_is_made_and_never_again(alice: Client) -> None:
    made = created(alice, description="billing")
    assert len(key_of(made["secret"])) == 32
    webhook_id = made["webhook_id"]
    shown = alice.get(f"/webhooks/{webhook_id}").json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    later = [
        alice.get("/webhooks"),
        alice.get(f"/webhooks/{webhook_id}"),
        alice.post(f"/webhooks/{webhook_id}/enable"),
        alice.post(f"/webhooks/{webhook_id}/test"),
        alice.get(f"/webhooks/{webhook_id}/notifications"),
    ]
    assert all(answer.status_code < 300 for answer in later)
    assert not any(made["secret"] in answer.text for answer in later)


def test_a_webhook_is_told_of_every_ending_unless_it_says_otherwise(alice: Client) -> None:
    assert created(alice)["events"] == ["job.completed", "job.failed", "job.cancelled"]
    assert created(alice, events=["job.failed"])["events"] == ["job.failed"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body.url"),
        ({"url": ""}, "body.url"),
        ({"url": "https://hooks.acme.com/" + "x" * 2000}, "body.url"),
        ({"url": URL, "events": []}, "body.events"),
        ({"url": URL, "events": ["job.started"]}, "body.events.0"),
        ({"url": URL, "events": ["webhook.test"]}, "body.events.0"),
        ({"url": URL, "secret": "mine"}, "body.secret"),
        ({"url": URL, "description": "x" * 201}, "body.description"),
    ],
)
def test_what_is_no_webhook(alice: Client, body: dict[str, Any], place: str) -> None:
    answer = alice.post("/webhooks", json=body)
    assert problem(answer) == (422, "invalid-request")
    assert places(answer)[0] == place


@pytest.mark.parametrize(
    "url",
    ["http://hooks.acme.com", "https://127.0.0.1/", "https://inside.acme.com/", "https://hooks.acme.com:22"],
)
def test_where_webhooks_may_not_go(backend: Backend, alice: Client, url: str) -> None:
    backend.names["inside.acme.com"] = ("93.184.215.14", "10.0.0.1")
    answer = alice.post("/webhooks", json={"url": url})
    assert problem(answer) == (422, "webhook-url-refused")
    assert alice.get("/webhooks").json() == {"webhooks": []}


def test_a_local_stack_lets_its_own_machine_in(backend: Backend) -> None:
    backend.names["127.0.0.1"] = ("127.0.0.1",)
    client = client_of(backend, webhook_loopback=True)
    assert created(client, "http://127.0.0.1:9000/hook")["url"] == "http://127.0.0.1:9000/hook"


def test_only_a_local_stack_can(backend: Backend) -> None:
    with pytest.raises(ValueError, match="stage local"):
        client_of(backend, webhook_loopback=True, stage="prod")


def test_a_number_of_webhooks_is_enough(alice: Client) -> None:
    for _ in range(20):
        created(alice)
    assert problem(alice.post("/webhooks", json={"url": URL})) == (409, "too-many-webhooks")


def test_others_see_nothing_of_it(alice: Client, bob: Client, admin: Client) -> None:
    webhook_id = created(alice)["webhook_id"]
    teams = Client(alice.app, token("carol", team="a"))
    for other in (bob, admin, teams):
        assert other.get("/webhooks").json() == {"webhooks": []}
        for method, action in (
            ("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"), ("GET", "/notifications"),
        ):  # fmt: skip
            answer = other.request(method, f"/webhooks/{webhook_id}{action}")
            assert problem(answer) == (404, "webhook-not-found")
    assert alice.get(f"/webhooks/{webhook_id}").status_code == 200


@pytest.mark.parametrize("webhook_id", ["x", "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"])
def test_there_is_none(alice: Client, webhook_id: str) -> None:
    assert problem(alice.get(f"/webhooks/{webhook_id}")) == (404, "webhook-not-found")


def test_rotation_keeps_the_secret_before_for_a_day(alice: Client) -> None:
    made = created(alice)
    rotated = alice.post(f"/webhooks/{made['webhook_id']}/rotate").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret_until"] is not None
    shown = alice.get(f"/webhooks/{made['webhook_id']}").json()
    assert shown["previous_secret_until"] == rotated["previous_secret_until"]


def test_removed(alice: Client) -> None:
    webhook_id = created(alice)["webhook_id"]
    answer = alice.request("DELETE", f"/webhooks/{webhook_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert problem(alice.request("DELETE", f"/webhooks/{webhook_id}")) == (404, "webhook-not-found")


def test_a_test_is_on_its_way_even_where_its_message_is_not(backend: Backend, alice: Client) -> None:
    webhook_id = created(alice)["webhook_id"]
    backend.fail(TransientError("aws-unavailable", "later"), "notification_queue.send")
    answer = alice.post(f"/webhooks/{webhook_id}/test")
    assert answer.status_code == 202
    sent = answer.json()
    assert (sent["event"], sent["state"], sent["target"]) == (
        "webhook.test",
        "pending",
        "https://hooks.acme.com",
    )
    log = alice.get(f"/webhooks/{webhook_id}/notifications").json()
    assert [notification["notification_id"] for notification in log["notifications"]] == [
        sent["notification_id"]
    ]
    assert "path-that-is-secret" not in str(log)


def test_a_url_that_leads_inside_by_now_is_not_enabled_again(backend: Backend, alice: Client) -> None:
    webhook_id = created(alice)["webhook_id"]
    backend.names["hooks.acme.com"] = ("10.0.0.1",)
    assert problem(alice.post(f"/webhooks/{webhook_id}/enable")) == (422, "webhook-url-refused")


def test_neither_url_nor_secret_reach_the_log(alice: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    made = created(alice)
    alice.post(f"/webhooks/{made['webhook_id']}/rotate")
    printed = " ".join(str(vars(record)) for record in caplog.records)
    assert made["webhook_id"] in printed
    assert made["secret"] not in printed
    assert "path-that-is-secret" not in printed
