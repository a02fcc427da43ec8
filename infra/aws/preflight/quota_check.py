"""Whether the account's concurrent executions suffice for a stage, and what would fit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.aws.preflight.facts import Finding, Level, Quota
from infra.aws.preflight.stage import Reservation, Stage

CHECK = "concurrency"
# Lambda refuses a reservation that leaves fewer to all the others.
KEPT_UNRESERVED = 100
QUOTA_CODE = "L-B99A9384"
REQUEST = f"--service-code lambda --quota-code {QUOTA_CODE}"
# What accounts have that are not new.
USUAL = 1000
# Workers that no function reserves for: each mapping of a queue takes as many at most.
WORKERS = ("AnalysisConcurrency", "CleanupConcurrency", "NotifyConcurrency")


def concurrency(stage: Stage, quota: Quota) -> Finding:
    """Compare what the stage reserves with what the account has, the stage's present reservations counted."""
    reservations = stage.reservations()
    wanted = sum(entry.executions for entry in reservations)
    free = quota.unreserved + sum(quota.own.values())
    workers = sum(int(stage.number(name)) for name in WORKERS)
    seen = (
        f"{quota.executions:,} at once in this account, {free:,} free for this stage; "
        f"it reserves {wanted:,} ({_listed(reservations)}), and {KEPT_UNRESERVED} have to stay unreserved"
    )
    if wanted and free - wanted < KEPT_UNRESERVED:
        taken = quota.executions - free
        ask = max(USUAL, taken + wanted + KEPT_UNRESERVED + workers)
        return Finding(CHECK, Level.STOP, seen, [*_increase(ask), _smaller(stage, reservations, free)])
    if free - wanted <= workers:
        return Finding(
            CHECK,
            Level.WARNING,
            f"{seen}; {workers:,} workers ({', '.join(WORKERS)}) may take all that is left",
            _increase(max(USUAL, quota.executions + workers)),
        )
    return Finding(CHECK, Level.OK, seen)


def fitting(
    reservations: Sequence[Reservation], least: Mapping[str, int], free: int
) -> dict[str, int] | None:
    """Return values of the parameters, in the proportion that was asked for, that ``free`` executions allow.

    ``least`` are the smallest values that the parameters take. None where not even these fit.
    """
    room = free - KEPT_UNRESERVED - sum(entry.executions for entry in reservations if not entry.parameter)
    asked = {entry.parameter: entry.executions for entry in reservations if entry.parameter}
    if sum(least[name] for name in asked) > max(room, 0):
        return None
    spare = room - sum(least[name] for name in asked)
    above = {name: max(0, value - least[name]) for name, value in asked.items()}
    share = min(1.0, spare / (sum(above.values()) or 1))
    return {name: least[name] + int(above[name] * share) for name in asked}


def _smaller(stage: Stage, reservations: Sequence[Reservation], free: int) -> str:
    least = {name: int(parameter.get("MinValue", 0)) for name, parameter in stage.parameters.items()}
    values = fitting(reservations, least, free)
    if values is None:
        smallest = sum(
            least[entry.parameter] if entry.parameter else entry.executions for entry in reservations
        )
        needed = smallest + KEPT_UNRESERVED
        return f"smaller parameters do not help: the smallest values of this stage need {needed} free"
    named = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"or set smaller values in samconfig.toml; these fit: {named}"


def _increase(desired: int) -> list[str]:
    return [
        f"request {desired:,} in Service Quotas (AWS Lambda, Concurrent executions, code {QUOTA_CODE}):",
        f"$ aws service-quotas request-service-quota-increase {REQUEST} --desired-value {desired}",
    ]


def _listed(reservations: Sequence[Reservation]) -> str:
    return (
        ", ".join(f"{entry.parameter or entry.function} {entry.executions}" for entry in reservations)
        or "none"
    )
