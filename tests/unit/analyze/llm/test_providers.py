"""What is read of a provider's words: waits, replies, errors; and which engines the settings configure."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from functions.analyze.engines.llm.openai import OpenAIProvider, stated_wait
from functions.analyze.engines.llm.port import BadReplyError, Message
from functions.analyze.engines.llm.replies import DetailsReply, Presence, parse, schema_of
from functions.analyze.engines.llm.settings import ModelSettings
from functions.analyze.engines.llm.setup import MISSING, model_engines
from shared.errors import PermanentError
from tests.support.fakes.word_engine import WordEngine

GOOD = '{"granted": [], "absent": ["i1"]}'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "12", "retry-after-ms": "250"}, 0.25),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "1.5"}, 1.5),
        ({"x-ratelimit-reset-tokens": "1h2x"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-tokens": "9",
                "x-ratelimit-reset-tokens": "9m",
            },
            2.0,
        ),
        ({"retry-after": "999999"}, 3600.0),
    ],
)
def test_the_wait_that_a_provider_states(headers: dict[str, str], seconds: float | None) -> None:
    assert stated_wait(headers) == seconds


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"Here: {GOOD} Good luck!", f"\n{GOOD}\n"])
def test_a_reply_is_found_in_what_is_around_it(text: str) -> None:
    assert parse(text, Presence).absent == ["i1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "[]",
        "{",
        '{"granted": []}',
        '{"granted": [], "absent": [1]}',
        GOOD[:-1] + ', "more": 1}',
        "[" * 9999,
    ],
)
def test_what_is_no_reply_says_where(text: str) -> None:
    with pytest.raises(BadReplyError) as raised:
        parse(text, Presence)
    assert raised.value.reason


@pytest.mark.parametrize("form", [Presence, DetailsReply])
def test_schemas_are_closed_and_demand_every_field(form: type[Presence | DetailsReply]) -> None:
    schema = schema_of(form).body
    objects = [schema, *schema["$defs"].values()]
    for each in objects:
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])
    assert "description" not in str(schema)


def test_an_address_that_is_none_is_refused_without_its_words() -> None:
    provider = OpenAIProvider("ftp://models.test", lambda: "k", "m")
    with pytest.raises(PermanentError) as raised:
        provider.complete([Message("user", "x")], schema_of(Presence))
    provider.close()
    assert raised.value.code == "model-rejected"
    assert "models.test" not in raised.value.detail


def test_engines_are_those_that_the_settings_configure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert model_engines(ModelSettings(), WordEngine()) == {}
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert model_engines(ModelSettings(), WordEngine()) == {}
    monkeypatch.setenv("OPENAI_MODEL", "m")
    monkeypatch.setenv("BEDROCK_MODEL", "b")
    monkeypatch.setenv("MODEL_PRICES", '{"m": [0.15, 0.6]}')
    settings = ModelSettings()
    assert settings.model_prices == {"m": (0.15, 0.6)}
    engines = model_engines(settings, WordEngine())
    assert set(engines) == set(MISSING) == {"openai", "bedrock"}
    engines["openai"].close()


def test_a_malformed_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_SURE", "2")
    with pytest.raises(ValidationError):
        ModelSettings()
