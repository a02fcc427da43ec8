"""Cancelling a seeding brings back what was there, whoever else was at the product meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.errors import TransientError
from shared.findings.model import ResultTree
from shared.jobs.model import Job, Status
from shared.jobs.runner import Ending, Remaining
from tests.support.fakes.directus_server import DirectusServer, Fault
from tests.support.worlds.seeding import SeedingWorld, orphans, small_tree, without_dates

LIMIT = "insurance_dcm_limit"
FIRST = small_tree(500, 800)
CHANGED = small_tree(700)
SECOND = small_tree(700, 900, 1000, segment="health")


def units(count: int) -> Remaining:
    """Return the remaining time of an invocation that has enough for some units."""
    left = iter([100.0] * count)
    return lambda: next(left, 0.0)


def cancelled(world: SeedingWorld, job: Job) -> Job:
    world.ask("cancel", job)
    done = world.drain(job)
    assert done.status is Status.CANCELLED, done.error
    return done


# The units: the plan, four creations and four deletions, or an update and a deletion, the verification.
@pytest.mark.parametrize(
    ("tree", "done"), [*((SECOND, done) for done in range(1, 11)), *((CHANGED, done) for done in range(1, 5))]
)
def test_cancel_after_any_unit_brings_the_first_rows_back(
    world: SeedingWorld, tree: ResultTree, done: int
) -> None:
    world.run(FIRST)
    before = world.rows()
    world.clock.advance(days=1)
    job = world.submit(tree)
    assert world.deliver(job, units(done)).ending is Ending.CONTINUED
    if done > 1:
        assert world.rows() != before
    cancelled(world, job)
    assert world.rows() == before
    assert not [key for key in world.files.keys() if job.job_id in key]  # noqa: SIM118


def test_cancel_before_anything_was_planned_asks_directus_nothing(
    world: SeedingWorld, server: DirectusServer
) -> None:
    world.run(FIRST)
    server.requests.clear()
    cancelled(world, world.submit(SECOND))
    assert server.requests == []


def test_cancel_of_a_first_seeding_leaves_nothing(world: SeedingWorld) -> None:
    job = world.submit(FIRST)
    world.deliver(job, units(4))
    cancelled(world, job)
    assert world.rows() == {name: {} for name in world.rows()}


def test_cancel_at_the_very_end_wins_over_the_result(world: SeedingWorld) -> None:
    world.run(FIRST)
    before = world.rows()
    job = world.submit(SECOND)
    world.fault = on("jobs.save", 12, lambda: world.ask("cancel", job))
    assert world.deliver(job).ending is Ending.CANCELLED
    assert world.rows() == before


def test_row_validated_since_the_seeding_stays_when_it_is_cancelled(
    world: SeedingWorld, server: DirectusServer
) -> None:
    job = world.submit(FIRST)
    world.deliver(job, units(6))
    row_id = server.ids(LIMIT)[0]
    server.tables[LIMIT][row_id]["validated_by_human"] = True
    cancelled(world, job)
    assert server.ids(LIMIT) == [row_id]
    assert orphans(world.rows()) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="DELETE", path="/items", drop_after=True),
        Fault(method="POST", path="/items", drop_after=True),
        Fault(method="PATCH", path="/items", drop_after=True),
        Fault(status=503),
    ],
    ids=str,
)
def test_interrupted_undoing_is_taken_up_again(
    world: SeedingWorld, server: DirectusServer, fault: Fault
) -> None:
    world.run(FIRST)
    before = world.rows()
    job = world.submit(CHANGED if fault.method == "PATCH" else SECOND)
    assert world.deliver(job, units(3 if fault.method == "PATCH" else 9)).ending is Ending.CONTINUED
    server.fail(fault)
    cancelled(world, job)
    assert world.rows() == before


def test_undoing_that_directus_refuses_does_not_count_as_cancelled(
    world: SeedingWorld, server: DirectusServer
) -> None:
    job = world.submit(FIRST)
    world.deliver(job, units(4))
    server.fail(Fault(status=401, code="TOKEN_EXPIRED"))
    world.ask("cancel", job)
    failed = world.drain(job)
    assert failed.status is Status.FAILED
    assert (failed.error or {})["stage"] == "undo"


def test_product_that_is_gone_needs_no_undoing(world: SeedingWorld, server: DirectusServer) -> None:
    job = world.submit(FIRST)
    world.deliver(job, units(4))
    for table in server.tables.values():
        table.clear()
    cancelled(world, job)


def test_rows_that_cannot_be_brought_back_are_no_cancellation(
    world: SeedingWorld, server: DirectusServer
) -> None:
    job = world.submit(FIRST)
    world.deliver(job, units(6))
    stays = dict(server.tables["insurance_dcm_exclusion"])
    server.after = lambda _method, _path: server.tables["insurance_dcm_exclusion"].update(stays)
    world.ask("cancel", job)
    assert world.deliver(job).ending is Ending.RETRYING
    assert "Undo incomplete" in world.job(job).message


class TestTwoJobs:
    """What happens to one product when seedings are interrupted and others come in between."""

    def test_the_second_waits_without_using_up_its_attempts(self, world: SeedingWorld) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(3))
        for _ in range(10):
            assert world.deliver(second).ending is Ending.RETRYING
            world.clock.advance(seconds=60)
        assert (world.job(second).attempt, world.job(second).message) == (1, "Product busy; trying again")
        world.deliver(first)
        assert world.deliver(second).ending is Ending.COMPLETED
        assert without_dates(world.rows()) == without_dates(world.wanted(second))

    def test_a_completed_one_is_not_waited_for(self, world: SeedingWorld) -> None:
        world.deliver(world.submit(FIRST))
        assert world.deliver(world.submit(SECOND)).ending is Ending.COMPLETED

    def test_a_paused_one_keeps_the_product_until_its_lease_ends_and_then_plans_anew(
        self, world: SeedingWorld
    ) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(4))
        world.ask("pause", first)
        world.clock.advance(seconds=959)
        assert world.deliver(second).ending is Ending.RETRYING
        world.clock.advance(seconds=60)
        assert world.drain(second).status is Status.COMPLETED
        assert without_dates(world.rows()) == without_dates(world.wanted(second))
        world.ask("resume", first)
        done = world.drain(first)
        assert (done.result or {})["seeding_success"] is True
        assert without_dates(world.rows()) == without_dates(world.wanted(first))

    def test_cancelling_one_that_was_overtaken_changes_nothing(self, world: SeedingWorld) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(4))
        world.ask("pause", first)
        world.clock.advance(seconds=1000)
        world.drain(second)
        before = world.rows()
        cancelled(world, first)
        assert world.rows() == before

    def test_one_that_was_overtaken_notes_anew_what_it_changes(self, world: SeedingWorld) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(4))
        world.ask("pause", first)
        world.clock.advance(seconds=1000)
        world.drain(second)
        before = world.rows()
        world.ask("resume", first)
        world.deliver(first, units(2))
        assert world.rows() != before
        cancelled(world, first)
        assert world.rows() == before

    @pytest.mark.parametrize("turned", [False, True])
    def test_both_cancelled_leave_what_was_there_before_either(
        self, world: SeedingWorld, *, turned: bool
    ) -> None:
        world.run(small_tree(1, 2, 3))
        before = world.rows()
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(4))
        world.ask("pause", first)
        world.clock.advance(seconds=1000)
        world.deliver(second, units(5))
        world.clock.advance(seconds=1000)
        for job in (second, first) if turned else (first, second):
            cancelled(world, job)
        assert world.rows() == before

    def test_one_verified_and_then_overtaken_by_a_cancelled_one_is_no_false_success(
        self, world: SeedingWorld
    ) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)
        world.deliver(first, units(7))  # everything but the result
        assert world.job(first).units_done == 7
        world.clock.advance(seconds=1000)
        world.deliver(second, units(5))
        cancelled(world, second)
        done = world.drain(first)
        assert (done.result or {})["seeding_success"] is True
        assert without_dates(world.rows()) == without_dates(world.wanted(first))

    def test_a_late_worker_writes_nothing_after_another_has_taken_over(self, world: SeedingWorld) -> None:
        first, second = world.submit(FIRST), world.submit(SECOND)

        slept: list[Ending] = []

        def overtaken() -> None:
            world.fault = lambda _operation: None
            world.clock.advance(seconds=1000)
            slept.append(world.deliver(second).ending)

        world.fault = on("leases.renew", 3, overtaken)
        assert world.deliver(first).ending in {Ending.RETRYING, Ending.FENCED}
        assert slept == [Ending.COMPLETED]
        assert without_dates(world.rows()) == without_dates(world.wanted(second))


class TestCleanup:
    def test_a_cleanup_waits_for_a_seeding_and_leaves_nothing(self, world: SeedingWorld) -> None:
        job = world.submit(FIRST)
        world.deliver(job, units(4))
        cleanup = world.submit_cleanup()
        assert world.deliver(cleanup).ending is Ending.RETRYING
        world.drain(job)
        done = world.drain(cleanup)
        assert (done.result or {})["success"] is True
        assert world.rows() == {name: {} for name in world.rows()}

    def test_a_seeding_waits_for_a_cleanup(self, world: SeedingWorld) -> None:
        world.run(FIRST)
        cleanup = world.submit_cleanup()
        world.deliver(cleanup, units(5))
        job = world.submit(SECOND)
        assert world.deliver(job).ending is Ending.RETRYING
        assert world.job(job).message == "Product busy; trying again"
        assert world.drain(cleanup).status is Status.COMPLETED
        done = world.drain(job)
        assert (done.result or {})["seeding_success"] is True
        assert without_dates(world.rows()) == without_dates(world.wanted(job))

    def test_what_a_cleanup_removed_no_cancelled_seeding_brings_back(
        self, world: SeedingWorld, server: DirectusServer
    ) -> None:
        world.run(FIRST)
        broken = world.submit(SECOND)
        world.deliver(broken, units(4))
        server.fail(*[Fault(status=401, code="TOKEN_EXPIRED")] * 2)
        assert world.drain(broken).status is Status.FAILED
        world.clock.advance(seconds=1000)
        assert world.drain(world.submit_cleanup()).status is Status.COMPLETED
        later = world.submit(ResultTree())
        world.deliver(later, units(1))
        cancelled(world, later)
        assert world.rows() == {name: {} for name in world.rows()}

    def test_a_cleanup_that_was_overtaken_removes_what_came_since(self, world: SeedingWorld) -> None:
        world.run(FIRST)
        cleanup = world.submit_cleanup()
        world.deliver(cleanup, units(7))  # find, plan, files, and the rows without children
        assert world.job(cleanup).current_stage == "rows"
        world.clock.advance(seconds=1000)
        world.drain(world.submit(SECOND))
        done = world.drain(cleanup)
        assert (done.result or {})["success"] is True
        assert world.rows() == {name: {} for name in world.rows()}

    def test_a_cleanup_that_is_refused_gives_the_product_back(
        self, world: SeedingWorld, server: DirectusServer
    ) -> None:
        world.run(FIRST)
        server.tables[LIMIT][server.ids(LIMIT)[0]]["validated_by_human"] = True
        refused = world.drain(world.submit_cleanup(delete_product=True))
        assert (refused.error or {})["type"].endswith("product-protected")
        assert world.deliver(world.submit(FIRST)).ending is Ending.COMPLETED

    def test_a_dry_run_takes_no_lease(self, world: SeedingWorld) -> None:
        world.deliver(world.submit(FIRST))
        fence = next(iter(world.leases._leases.values())).fence
        assert world.drain(world.submit_cleanup(dry_run=True)).status is Status.COMPLETED
        assert next(iter(world.leases._leases.values())).fence == fence


def on(operation: str, times: int, action: Callable[[], object]) -> Callable[[str], None]:
    """Return a fault that does something the n-th time that an operation is about to happen."""
    left = [times]

    def fault(name: str) -> None:
        left[0] -= name == operation
        if left[0] == 0 and name == operation:
            action()

    return fault


def test_a_store_that_fails_while_noting_writes_nothing(world: SeedingWorld, server: DirectusServer) -> None:
    def fault(name: str) -> None:
        if name == "leases.renew":
            raise TransientError("aws-unavailable", "DynamoDB answered 500.")

    world.fault = fault
    job = world.submit(FIRST)
    assert world.deliver(job).ending is Ending.RETRYING
    assert {method for method, path in server.requests if path.startswith("/items")} == set()
