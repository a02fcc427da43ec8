from __future__ import annotations

from typing import Any

import pytest

from shared.errors import PermanentError, TransientError
from shared.jobs import states
from shared.jobs.execution import Ending
from shared.jobs.model import Status
from tests.contracts.jobs import LEASE
from tests.support.worlds.runner import STEPS, CrashError, Interposed, RunnerWorld, raising


class TestControl:
    def test_pause_stops_at_the_next_unit_and_resume_goes_on_there(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.on("read", 1, lambda: shop.ask(states.request_pause, job))
        assert shop.deliver(job).ending is Ending.PAUSED
        assert list(shop.toy.done.elements()) == STEPS[:2]
        assert shop.deliver(job).ending is Ending.IGNORED
        shop.ask(states.request_resume, job)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS
        assert shop.job(job).attempt == 1

    @pytest.mark.parametrize("asked", ["resume", "cancel"])
    def test_what_comes_after_a_pause_overrules_it(self, asked: str) -> None:
        """Between the worker's look and its write: the pause must not swallow the later request."""
        shop = RunnerWorld()
        shop.store = store = Interposed(shop.clock)
        shop.runner = shop.worker()
        job = shop.submit()
        shop.on("read", 1, lambda: shop.ask(states.request_pause, job))
        store.before["paused"] = lambda: shop.ask(getattr(states, f"request_{asked}"), job)
        ending = shop.deliver(job).ending
        assert ending is (Ending.COMPLETED if asked == "resume" else Ending.CANCELLED)
        assert store.before == {}
        assert "paused" not in shop.history(job)

    @pytest.mark.parametrize(("stage", "index"), STEPS)
    def test_cancel_stops_at_the_next_unit_and_leaves_nothing(
        self, shop: RunnerWorld, stage: str, index: int
    ) -> None:
        job = shop.submit()
        shop.on(stage, index, lambda: shop.ask(states.request_cancel, job))
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert list(shop.toy.done.elements()) == STEPS[: STEPS.index((stage, index)) + 1]
        assert shop.files.keys() == []
        assert shop.job(job).artifacts == {}

    def test_cancel_at_the_very_end_wins_over_the_result(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.toy.finish_hook = lambda: shop.ask(states.request_cancel, job)
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert (shop.job(job).result, shop.files.keys()) == (None, [])

    @pytest.mark.parametrize("paused", [False, True])
    def test_waiting_job_is_cancelled_by_a_worker(self, shop: RunnerWorld, *, paused: bool) -> None:
        job = shop.submit()
        if paused:
            shop.ask(states.request_pause, job)
        shop.files.put(f"jobs/{job.job_id}/1/units/x", b"", "text/plain")
        shop.ask(states.request_cancel, job)
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert shop.files.keys() == []

    def test_cancelled_is_written_only_after_the_removal(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.ask(states.request_cancel, job)

        def fault(operation: str) -> None:
            if operation == "files.delete":
                raise TransientError("aws-unavailable", "S3 answered 503.")

        shop.files.fault = fault
        assert shop.deliver(job).ending is Ending.RETRYING
        assert shop.job(job).status is Status.QUEUED
        shop.files.fault = lambda _operation: None
        assert shop.deliver(job).ending is Ending.CANCELLED

    def test_removal_that_is_not_possible_fails_with_the_reason(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.toy.undo_hook = raising(PermanentError("directus-refused", "The rows cannot be removed."))
        shop.ask(states.request_cancel, job)
        assert shop.deliver(job).ending is Ending.FAILED
        error = shop.job(job).error
        assert error is not None
        assert (error["type"].rsplit(":")[-1], error["stage"]) == ("directus-refused", "undo")

    @pytest.mark.parametrize("paused", [False, True])
    def test_removal_that_kills_every_worker_ends_at_last(self, shop: RunnerWorld, *, paused: bool) -> None:
        job = shop.submit(max_attempts=2)
        if paused:
            shop.ask(states.request_pause, job)
        shop.ask(states.request_cancel, job)
        shop.toy.undo_hook = raising(CrashError())
        for _ in range(2 + states.CANCEL_ATTEMPTS):
            with pytest.raises(CrashError):
                shop.deliver(job)
            shop.clock.advance(seconds=LEASE.total_seconds())
        assert shop.deliver(job).ending is Ending.FAILED
        error = shop.job(job).error
        assert error is not None
        assert error["type"].endswith("worker-lost")

    @pytest.mark.parametrize(
        ("asked", "answer"),
        [
            (["pause"], {"pause": "repeated"}),
            (["pause", "resume"], {"resume": "repeated"}),
            (["resume"], {"resume": "refused"}),
            (["cancel"], {"pause": "refused", "resume": "refused", "cancel": "repeated"}),
            (["pause", "cancel"], {"pause": "refused", "resume": "refused", "cancel": "repeated"}),
            (["pause", "resume", "cancel"], {"resume": "refused", "cancel": "repeated"}),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("working", [False, True])
    def test_what_can_be_asked_for_after_what(
        self, shop: RunnerWorld, asked: list[str], answer: dict[str, str], *, working: bool
    ) -> None:
        job = shop.submit()
        if working:
            shop.take(job)
        for what in asked:
            shop.answer(what, job)
        before = shop.job(job)
        assert {what: shop.answer(what, job) for what in answer} == answer
        assert shop.job(job) == before

    def test_what_has_ended_is_asked_for_in_vain(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.deliver(job)
        assert {shop.answer(what, job) for what in ("pause", "resume", "cancel")} == {"refused"}
        other = shop.submit()
        shop.ask(states.request_cancel, other)
        shop.deliver(other)
        assert shop.job(other).status is Status.CANCELLED
        answers: Any = {what: shop.answer(what, other) for what in ("pause", "resume", "cancel")}
        assert answers == {"pause": "refused", "resume": "refused", "cancel": "repeated"}


class TestUnlock:
    def test_another_worker_goes_on_and_the_first_one_changes_nothing(self, shop: RunnerWorld) -> None:
        job = shop.submit()

        def unlock() -> None:
            shop.ask(states.unlock, job)
            assert shop.worker().handle(shop.message(job)).ending is Ending.COMPLETED

        shop.on("read", 2, unlock)
        assert shop.deliver(job).ending is Ending.FENCED
        after = shop.job(job)
        assert (after.status, after.fence, after.attempt) == (Status.COMPLETED, 3, 1)
        assert [step for step, times in shop.toy.done.items() if times > 1] == [("read", 2)]
        assert shop.history(job).count("unlocked") == 1

    def test_worker_that_was_unlocked_stops_at_its_next_unit(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.on("read", 1, lambda: shop.ask(states.unlock, job))
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.job(job).status is Status.QUEUED
        assert list(shop.toy.done.elements()) == STEPS[:2]
