"""The settings, .env.example, the table of docs/configuration.md and the template name the same variables."""

from __future__ import annotations

import re

import pytest
import yaml
from pydantic_settings import BaseSettings

from functions.analyze.search.settings import SearchSettings
from functions.analyze.settings import AnalyzeSettings
from functions.api.push.settings import PushSettings
from functions.api.settings import ApiSettings
from functions.api.waiting.settings import WaitSettings
from functions.cleanup.settings import CleanupSettings
from functions.notify.settings import NotifySettings
from tests.support.paths import ROOT

MODELS: tuple[type[BaseSettings], ...] = (
    ApiSettings,
    WaitSettings,
    PushSettings,
    AnalyzeSettings,
    SearchSettings,
    CleanupSettings,
    NotifySettings,
)
# What the local stack reads itself, and the libraries' own variables.
LOCAL = {
    "CLAUSEWORKS_STATE",
    "CLAUSEWORKS_CACHE",
    "CLAUSEWORKS_STACK",
    "ANALYSIS_CONCURRENCY",
    "WAIT_CONCURRENCY",
    "NOTIFY_CONCURRENCY",
    "PUSH",
    "SEARCH_CONCURRENCY",
    "EMBEDDINGS_MODEL_ARNS",
    "BEDROCK_MODEL_ARNS",
    "DIRECTUS_ADMIN_TOKEN",
    "DIRECTUS_ADMIN_PASSWORD",
}
POWERTOOLS = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}


def read() -> dict[str, object]:
    """Return every variable that a function reads, with its default."""
    return {
        name.upper(): field.get_default() for model in MODELS for name, field in model.model_fields.items()
    }


def example() -> dict[str, tuple[str, str]]:
    """Return every variable of .env.example with its meaning and default."""
    text = (ROOT / ".env.example").read_text()
    found = re.findall(r"((?:^# .+\n)+)^#?([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)
    return {name: (meaning, default) for meaning, name, default in found}


def test_every_setting_is_explained_in_the_example() -> None:
    assert set(example()) == set(read()) | LOCAL
    assert all(meaning.strip("# \n") for meaning, _ in example().values())


@pytest.mark.parametrize("model", MODELS)
def test_the_example_shows_the_defaults(model: type[BaseSettings]) -> None:
    shown = example()
    for name, field in model.model_fields.items():
        default = field.get_default()
        if isinstance(default, (str, int)) and not field.is_required():
            written = str(default).lower() if isinstance(default, bool) else str(default)
            assert shown[name.upper()][1] == written


def test_the_page_lists_every_setting() -> None:
    table = (ROOT / "docs" / "configuration.md").read_text()
    assert set(re.findall(r"`([A-Z0-9_]+)`", table)) >= set(read()) | LOCAL


def test_the_template_sets_only_variables_that_are_read() -> None:
    text = re.sub(r"!(\w+)", "", (ROOT / "template.yaml").read_text())
    template = yaml.safe_load(text)
    functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    environments = [template["Globals"]["Function"], *(function["Properties"] for function in functions)]
    names = {name for e in environments for name in e.get("Environment", {}).get("Variables", {})}
    assert names
    assert names <= set(read()) | POWERTOOLS
