from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from shared.auth import MAX_TOKEN, AuthError, Caller, Tokens
from shared.jobs.model import Owner

SECRET = "a-secret-of-at-least-32-characters"
TOKENS = Tokens(lambda: SECRET, ("directus", "portal"))


def sign(**claims: Any) -> str:
    now = int(time.time())
    body = {"id": "u1", "iss": "directus", "iat": now, "exp": now + 60} | claims
    return jwt.encode({k: v for k, v in body.items() if v is not None}, SECRET, algorithm="HS256")


def sign_by_hand(header: dict[str, Any], secret: str = SECRET, **claims: Any) -> str:
    body = {"id": "u1", "iss": "directus", "exp": int(time.time()) + 60} | claims
    parts = [_b64(json.dumps(part).encode()) for part in (header, body)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _b64(signature)])


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def refusal(token: str) -> str:
    with pytest.raises(AuthError) as caught:
        TOKENS.verify(token)
    assert caught.value.status == 401
    assert token not in str(caught.value)
    return caught.value.code


def test_token_of_directus_names_its_caller() -> None:
    token = sign(role="editor", app_access=True, admin_access=False, session="s")
    assert TOKENS.verify(token) == Caller("directus", "u1", role="editor")


@pytest.mark.parametrize("value", [True, 1])
def test_admin_access_gives_admin_rights(value: object) -> None:
    assert TOKENS.verify(sign(admin_access=value)).admin


@pytest.mark.parametrize("value", [False, 0, "true", "1", [True], 2])
def test_nothing_else_gives_admin_rights(value: object) -> None:
    assert not TOKENS.verify(sign(admin_access=value)).admin


@pytest.mark.parametrize("name", ["id", "sub", "user_id"])
def test_subject_may_stand_in_any_of_three_claims(name: str) -> None:
    assert TOKENS.verify(sign(**({"id": None} | {name: "u7"}))).subject == "u7"


def test_agreeing_subjects_are_one() -> None:
    assert TOKENS.verify(sign(id=7, sub="7", user_id="7")).subject == "7"


@pytest.mark.parametrize(
    "claims", [{"sub": "u2"}, {"user_id": "u2"}, {"id": None, "sub": "a", "user_id": "b"}, {"sub": ""}]
)
def test_disagreeing_subjects_are_refused(claims: dict[str, Any]) -> None:
    assert refusal(sign(**claims)) == "token-ambiguous"


@pytest.mark.parametrize("value", [None, "", {"a": 1}, ["u1"], True, "x" * 256, 10**300, " ", "a\0", "a\n"])
def test_without_a_subject_there_is_no_caller(value: object) -> None:
    assert refusal(sign(id=value)) == "token-without-subject"


@pytest.mark.parametrize("claim", ["id", "team", "role"])
def test_text_that_no_store_can_keep_counts_as_none(claim: str) -> None:
    token = sign_by_hand({"alg": "HS256"}, **{claim: "\ud800"})
    if claim == "id":
        assert refusal(token) == "token-without-subject"
    else:
        assert TOKENS.verify(token) == Caller("directus", "u1")


@pytest.mark.parametrize("subject", [None, "u1"])
def test_share_token_is_refused(subject: str | None) -> None:
    assert refusal(sign(id=subject, share="9a1f", role="editor")) == "token-without-subject"


def test_expired() -> None:
    assert refusal(sign(exp=int(time.time()) - 60)) == "token-expired"


def test_clocks_may_differ_a_little() -> None:
    now = int(time.time())
    assert TOKENS.verify(sign(exp=now - 1, nbf=now + 3)).subject == "u1"


def test_not_yet_valid() -> None:
    assert refusal(sign(nbf=int(time.time()) + 60)) == "token-not-yet-valid"


@pytest.mark.parametrize("missing", ["exp", "iss"])
def test_expiry_and_issuer_are_required(missing: str) -> None:
    assert refusal(sign(**{missing: None})) == "token-invalid"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": [1]},
        {"nbf": "x"},
        {"iss": "elsewhere"},
        {"iss": ["directus"]},
        {"aud": "another-service"},
        {"id": None, "sub": 7},
    ],
)
def test_malformed_or_foreign_claims(claims: dict[str, Any]) -> None:
    assert refusal(sign_by_hand({"alg": "HS256"}, **claims)) in {"token-invalid", "token-without-subject"}


def test_second_issuer_is_another_owner() -> None:
    assert TOKENS.verify(sign(iss="portal")).owner.key != TOKENS.verify(sign()).owner.key


def test_wrong_secret() -> None:
    assert refusal(sign_by_hand({"alg": "HS256"}, secret="b" * 32)) == "token-invalid"


@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "HS384", "HS512", "ES256", "", None, 5])
def test_other_algorithms_are_refused_even_with_the_secret(algorithm: object) -> None:
    assert refusal(sign_by_hand({"alg": algorithm, "typ": "JWT"})) == "token-invalid"


def test_unsigned_token() -> None:
    header, body, _ = sign_by_hand({"alg": "none"}).split(".")
    assert refusal(f"{header}.{body}.") == "token-invalid"


def test_changed_claims() -> None:
    header, _, signature = sign().split(".")
    body = _b64(json.dumps({"id": "root", "iss": "directus", "exp": 9999999999}).encode())
    assert refusal(f"{header}.{body}.{signature}") == "token-invalid"


@pytest.mark.parametrize(
    "token",
    [
        "no-token",
        "a.b.c",
        "..",
        "é.é.é",
        f"{_b64(b'[]')}.{_b64(b'{}')}.x",
        f"{_b64(b'[' * 3000)}.{_b64(b'{}')}.x",
        "a" * (MAX_TOKEN + 1),
    ],
)
def test_malformed(token: str) -> None:
    assert refusal(token) == "token-invalid"


def test_rights() -> None:
    me, mate = Caller("i", "me", team="t"), Owner("i", "mate", "t")
    assert me.may_change(me.owner)
    assert me.may_read(mate)
    assert not me.may_change(mate)
    assert not me.may_read(Owner("j", "mate", "t"))
    assert not Caller("i", "me").may_read(Owner("i", "other"))
    assert Caller("i", "root", admin=True).may_change(mate)
    assert Caller("i", "x", role="seeder").may_seed({"seeder"})
    assert not Caller("i", "x").may_seed({"", "seeder"})
