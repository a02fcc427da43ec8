"""Every statement of every role is needed: with it something works that fails without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.local.paths import CHECKOUT
from infra.local.template import load_template, resources_of
from tests.peers.privileges import REASONED, DeniedError, World
from tests.peers.privileges import USES as GENERAL_USES
from tests.peers.search_privileges import ELSEWHERE, SEARCH_USES
from tests.support.stack.own_stack import own_stack

TEMPLATE = load_template(CHECKOUT / "template.yaml")
ROLES = resources_of(TEMPLATE, "AWS::IAM::Role")
POLICIES = resources_of(TEMPLATE, "AWS::IAM::Policy")
USES = {**GENERAL_USES, **SEARCH_USES}
BEDROCK = "amazon.nova-lite-v1"
# Nobody answers there; what the workers need of it before is their token.
SETTINGS = {
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "OPENAI_MODEL": "nobody",
    "OPENAI_API_KEY": "a-key",
    "BEDROCK_MODEL": BEDROCK,
    "BEDROCK_MODEL_ARNS": f"arn:aws:bedrock:us-east-1::foundation-model/{BEDROCK}",
    "PUSH": "true",
    "DIRECTUS_URL": "http://127.0.0.1:9",
    "DIRECTUS_TOKEN": "a-static-token",
}

pytestmark = pytest.mark.in_order(
    reason="what a role without a statement left undone keeps its queue busy for minutes"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with own_stack(tmp_path_factory, SETTINGS) as stack:
        yield World(stack)


def test_every_statement_has_its_use_or_a_reason() -> None:
    own = [
        (role, statement)
        for role, properties in ROLES.items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    apart = [
        (role["Ref"], statement)
        for policy in POLICIES.values()
        for role in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    # What stands under a condition (Fn::If) is not part of the stack that is deployed here.
    statements = {(role, statement["Sid"]) for role, statement in (*own, *apart) if "Sid" in statement}
    assert {(role, sid) for role, sid in statements if sid not in REASONED | ELSEWHERE} == set(USES)


@pytest.mark.parametrize("use", dict.fromkeys(USES.values()))
def test_everything_works_with_all_statements(world: World, use: Callable[[World], object]) -> None:
    use(world)


@pytest.mark.parametrize(("role", "sid"), USES)
def test_something_fails_without_the_statement(world: World, role: str, sid: str) -> None:
    with world.without(role, sid), pytest.raises(DeniedError):
        USES[role, sid](world)
