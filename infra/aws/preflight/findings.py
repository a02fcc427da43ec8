"""All checks in the order of the page. Pure: a stage and facts in, findings out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from infra.aws.preflight import account_checks, settings_checks
from infra.aws.preflight.facts import AccountFacts, Facts, Finding, Level, Unanswered
from infra.aws.preflight.quota_check import CHECK as CONCURRENCY
from infra.aws.preflight.quota_check import concurrency
from infra.aws.preflight.stage import Stage

Answer = TypeVar("Answer")


def findings(stage: Stage, facts: Facts) -> list[Finding]:
    """Return one finding for each check; no failure keeps another check from being shown."""
    found = [
        account_checks.region(facts),
        account_checks.credentials(facts.identity),
        settings_checks.settings(stage),
        settings_checks.base_image(stage),
        settings_checks.alarms(stage),
        *settings_checks.tools(facts.tools),
    ]
    if facts.account is None:
        rest = "permissions, concurrency, stack, names, secrets and e-mail are not known"
        return [
            *found,
            Finding("account", Level.WARNING, rest, ["mend region and credentials, then ask again"]),
        ]
    return [*found, *_of_account(stage, facts.account)]


def _of_account(stage: Stage, account: AccountFacts) -> list[Finding]:
    found = [
        _decided("permissions", account.rights, account_checks.rights),
        _decided(CONCURRENCY, account.quota, lambda quota: concurrency(stage, quota)),
        _decided("stack", account.stack, lambda stack: account_checks.stack(stage, stack)),
        _decided("secrets", account.secrets, lambda types: account_checks.secrets(stage, types)),
    ]
    if account.leftovers is not None:
        found.append(_decided("names", account.leftovers, lambda left: account_checks.leftovers(stage, left)))
    if account.sender is not None:
        found.append(_decided("e-mail", account.sender, lambda sender: account_checks.sender(stage, sender)))
    return [*found, *account_checks.parts(account.parts)]


def _decided(check: str, answer: Answer | Unanswered, decide: Callable[[Answer], Finding]) -> Finding:
    return account_checks.unanswered(check, answer) if isinstance(answer, Unanswered) else decide(answer)
