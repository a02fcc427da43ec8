"""Every statement of every role is needed: with it something works that fails without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.local.paths import CHECKOUT
from infra.local.template import load_template, resources_of
from tests.contract.privileges import REASONED, USES, DeniedError, World
from tests.integration.own_stack import own_stack

ROLES = resources_of(load_template(CHECKOUT / "template.yaml"), "AWS::IAM::Role")
# Nobody answers there; what the workers need of it before is their token.
SETTINGS = {"PUSH": "true", "DIRECTUS_URL": "http://127.0.0.1:9", "DIRECTUS_TOKEN": "a-static-token"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with own_stack(tmp_path_factory, SETTINGS) as stack:
        yield World(stack)


def test_every_statement_has_its_use_or_a_reason() -> None:
    statements = {
        (role, statement["Sid"])
        for role, properties in ROLES.items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert {(role, sid) for role, sid in statements if sid not in REASONED} == set(USES)


@pytest.mark.parametrize("use", dict.fromkeys(USES.values()))
def test_everything_works_with_all_statements(world: World, use: Callable[[World], object]) -> None:
    use(world)


@pytest.mark.parametrize(("role", "sid"), USES)
def test_something_fails_without_the_statement(world: World, role: str, sid: str) -> None:
    with world.without(role, sid), pytest.raises(DeniedError):
        USES[role, sid](world)
