from __future__ import annotations

from datetime import timedelta

import pytest

from shared.files.port import FileMissingError
from shared.jobs.model import Kind
from shared.jobs.queue import MAX_DELAY, JobMessage
from shared.memory.files import MemoryFiles, sha256_of
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.contracts.documents import DocumentStoreContract
from tests.contracts.indexes import JobIndexContract
from tests.contracts.jobs import FakeClock, JobStoreContract
from tests.support.memory.documents import MemoryDocuments


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestMemoryJobs(JobStoreContract, JobIndexContract):
    @pytest.fixture
    def store(self, clock: FakeClock) -> MemoryJobs:
        return MemoryJobs(clock)


class TestMemoryQueue:
    def test_messages_come_when_their_delay_is_over(self, clock: FakeClock) -> None:
        queue = MemoryQueue(clock)
        late, now = (JobMessage(name, Kind.CLEANUP) for name in ("late", "now"))
        queue.send(late, timedelta(seconds=30))
        queue.send(now)
        assert [queue.receive(), queue.receive()] == [now, None]
        clock.advance(seconds=30)
        assert queue.receive() == late

    @pytest.mark.parametrize("delay", [timedelta(seconds=-1), MAX_DELAY + timedelta(seconds=1)])
    def test_delay_has_bounds(self, clock: FakeClock, delay: timedelta) -> None:
        with pytest.raises(ValueError, match="delay"):
            MemoryQueue(clock).send(JobMessage("j", Kind.ANALYSIS), delay)


class TestMemoryFiles:
    def test_versions_stay_readable(self) -> None:
        files = MemoryFiles()
        first = files.put("a/1", b"old", "text/plain")
        files.put("a/1", b"new", "text/html")
        assert files.get("a/1") == b"new"
        assert files.get("a/1", first.version_id) == b"old"
        assert b"".join(files.stream("a/1", first.version_id)) == b"old"
        assert files.head("a/1", first.version_id) == first
        head = files.head("a/1")
        assert head is not None
        assert (head.media_type, head.size) == ("text/html", 3)

    def test_missing_objects_and_versions_are_missing(self) -> None:
        files = MemoryFiles()
        files.put("a", b"x", "text/plain")
        assert files.head("b") is None
        for key, version in (("b", ""), ("a", "v9")):
            with pytest.raises(FileMissingError):
                files.get(key, version)

    def test_prefixes_are_deleted_with_all_versions(self) -> None:
        files = MemoryFiles()
        for key in ("jobs/1/a", "jobs/1/a", "jobs/1/b", "jobs/10/a"):
            files.put(key, b"", "text/plain")
        assert files.delete_prefix("jobs/1/") == 2
        assert files.keys() == ["jobs/10/a"]

    def test_links_and_forms_say_what_they_are_for(self) -> None:
        files = MemoryFiles()
        assert "a.pdf" in files.link("k", file_name="a.pdf", media_type="application/pdf", seconds=9)

    def test_digest_is_of_the_whole(self) -> None:
        assert sha256_of(iter([b"a", b"bc"])) == sha256_of(iter([b"abc"]))


class TestMemoryDocuments(DocumentStoreContract):
    @pytest.fixture
    def jobs(self, clock: FakeClock) -> MemoryJobs:
        return MemoryJobs(clock)

    @pytest.fixture
    def documents(self, clock: FakeClock, jobs: MemoryJobs) -> MemoryDocuments:
        return MemoryDocuments(clock, jobs=jobs)
