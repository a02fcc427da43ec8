"""The walks: what is set up, which process is killed, and what has to be there in the end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from functions.analyze.seeding.rows import no_rows
from shared.directus.rows import PARENTS_FIRST, SEGMENTS
from shared.files.keys import job_prefix
from shared.jobs.model import Job, Status
from tests.chaos import checks
from tests.chaos.world import PRODUCT, World

SEEDED = 14
UNITS = 12
EARLIER = {
    "id": "00000000-0000-5000-8000-000000000001",
    "status": "published",
    "segment_name": "As it was",
    "description": "From an earlier edition.",
    "taxonomy_item_relationship": None,
    "document_reference": "AVB 2019",
    "section_reference": "1",
    "full_text_part": "As it was.",
    "llm_summary": None,
    "extraction_date": "2019-01-01T00:00:00.000Z",
    "validated_by_human": False,
    "dcm_product": PRODUCT,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """What the undisturbed run left: its effects in order, and what its check returned."""

    effects: tuple[str, ...]
    seen: Mapping[str, Any]


class Scenario(Protocol):
    """One walk. A new one is made for each point, so it may remember what it has set up."""

    name: ClassVar[str]
    about: ClassVar[str]

    def prepare(self, world: World) -> None:
        """Bring the world to where the victim starts."""
        ...

    def act(self, world: World, **faults: object) -> None:
        """Run the process whose effects are walked, to its end or its death."""
        ...

    def recover(self, world: World) -> tuple[Job, ...]:
        """Let the system recover; return the jobs as they ended."""
        ...

    def seen(self, world: World) -> Mapping[str, Any]:
        """Check what has to hold; return what has to be the same as without any fault."""
        ...


@dataclass(slots=True)
class _OfJob:
    """What the walks of one job's worker have in common."""

    role: ClassVar[str] = "analyze"
    job_id: str = ""

    def act(self, world: World, **faults: object) -> None:
        world.run(self.role, **faults)

    def recover(self, world: World) -> tuple[Job, ...]:
        return tuple(world.recover(self.job_id))


@dataclass(slots=True)
class Analysis(_OfJob):
    """A product is analysed and seeded into Directus."""

    name: ClassVar[str] = "analysis"
    about: ClassVar[str] = "worker of an analysis with seeding"

    def prepare(self, world: World) -> None:
        self.job_id = world.submit_analysis()

    def seen(self, world: World) -> Mapping[str, Any]:
        job = world.job(self.job_id)
        checks.history(world, job)
        return {
            "result": checks.result(job),
            "published": checks.published(world, job),
            "units": checks.units(world, job),
            "rows": world.rows(),
        }


@dataclass(slots=True)
class Continuation(Analysis):
    """The invocation's time is enough for three units: the worker saves, sends a message and returns."""

    name: ClassVar[str] = "continuation"
    about: ClassVar[str] = "worker that hands over to the next invocation"

    def act(self, world: World, **faults: object) -> None:
        world.run(self.role, units=3, **faults)


@dataclass(slots=True)
class Retry(Analysis):
    """S3 is down for the worker, which puts the job back for a later attempt."""

    name: ClassVar[str] = "retry"
    about: ClassVar[str] = "worker that puts its job back because S3 is down"

    def act(self, world: World, **faults: object) -> None:
        world.run(self.role, refuse="s3:99:0", **faults)


@dataclass(slots=True)
class Cleanup(_OfJob):
    """A product with everything that was seeded and stored for it is removed."""

    name: ClassVar[str] = "cleanup"
    about: ClassVar[str] = "worker of a cleanup that deletes the product"
    role: ClassVar[str] = "cleanup"
    analysis: str = ""

    def prepare(self, world: World) -> None:
        self.analysis = world.submit_analysis()
        world.run("analyze")
        assert sum(len(rows) for rows in world.rows().values()) == SEEDED
        self.job_id = world.submit_cleanup(product_id=PRODUCT)

    def seen(self, world: World) -> Mapping[str, Any]:
        job = world.job(self.job_id)
        checks.history(world, job)
        assert not any(world.rows().values())
        assert not world.directus.tables["dcm_product"]
        assert not world.objects(job_prefix(self.analysis))
        assert world.job(self.analysis).status is Status.COMPLETED
        return {"result": checks.result(job), "units": checks.units(world, job)}


@dataclass(slots=True)
class DocumentCleanup(_OfJob):
    """An upload with everything that was made of it is removed."""

    name: ClassVar[str] = "document cleanup"
    about: ClassVar[str] = "worker of a cleanup that deletes an upload"
    role: ClassVar[str] = "cleanup"
    analysis: str = ""
    document: str = ""

    def prepare(self, world: World) -> None:
        answer = world.upload()
        assert answer is not None
        self.analysis, self.document = answer["job_id"], answer["document_id"]
        world.run("analyze")
        self.job_id = world.submit_cleanup(document_id=self.document)

    def seen(self, world: World) -> Mapping[str, Any]:
        job = world.job(self.job_id)
        checks.history(world, job)
        assert not world.objects(job_prefix(self.analysis))
        assert not world.objects("documents/")
        found = world.dynamodb.get_item(
            TableName=world.name, Key={"pk": {"S": f"DOCUMENT#{self.document}"}, "sk": {"S": "DOCUMENT"}}
        )
        assert "Item" not in found
        return {"result": checks.result(job), "units": checks.units(world, job)}


@dataclass(slots=True)
class Cancel(_OfJob):
    """An analysis that has seeded everything is cancelled: the rows become what they were before."""

    name: ClassVar[str] = "cancel"
    about: ClassVar[str] = "worker that takes a seeded analysis back"

    def prepare(self, world: World) -> None:
        world.directus.add(SEGMENTS, dict(EARLIER))
        self.job_id = world.submit_analysis()
        # Everything is seeded and verified when the time is up, and nothing published.
        world.run("analyze", units=UNITS)
        assert EARLIER["id"] not in world.rows()[SEGMENTS]
        assert sum(len(rows) for rows in world.rows().values()) == SEEDED
        world.ask("POST", f"/jobs/{self.job_id}/cancel")

    def seen(self, world: World) -> Mapping[str, Any]:
        job = world.job(self.job_id)
        checks.history(world, job)
        assert job.status is Status.CANCELLED
        assert (job.result, dict(job.artifacts)) == (None, {})
        rows = {name: dict(table) for name, table in world.directus.tables.items() if name in PARENTS_FIRST}
        assert rows == {**no_rows(), SEGMENTS: {EARLIER["id"]: EARLIER}}
        assert not world.objects(job_prefix(self.job_id))
        return {}


@dataclass(slots=True)
class Reconcile(_OfJob):
    """A worker died; the reconciler that finds it dies, too."""

    name: ClassVar[str] = "reconcile"
    about: ClassVar[str] = "reconciler that repairs a job whose worker died"
    role: ClassVar[str] = "reconcile"

    def prepare(self, world: World) -> None:
        self.job_id = world.submit_analysis()
        world.run("analyze", at="kill:before:9")
        world.wait_for_lease(self.job_id)

    seen = Analysis.seen


@dataclass(slots=True)
class Submission:
    """A client uploads a document under an Idempotency-Key, and again where no answer came."""

    name: ClassVar[str] = "submission"
    about: ClassVar[str] = "API function that accepts an upload"
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    job_id: str = ""

    def prepare(self, world: World) -> None:
        """Nothing is there before."""

    def act(self, world: World, **faults: object) -> None:
        world.upload(self.key, **faults)

    def recover(self, world: World) -> tuple[Job, ...]:
        accepted = [job.job_id for job in world.every_job()]
        # A record that is there is an accepted job, whether or not its client knows.
        if accepted:
            world.recover(*accepted)
        again = world.upload(self.key)
        assert again is not None
        assert not accepted or [again["job_id"]] == accepted
        self.job_id = again["job_id"]
        return tuple(world.recover(self.job_id))

    def seen(self, world: World) -> Mapping[str, Any]:
        job = world.job(self.job_id)
        checks.history(world, job)
        assert [other.job_id for other in world.every_job()] == [self.job_id]
        documents = world.objects("documents/")
        assert set(documents) == {job.params["document_key"]}
        return {
            "result": checks.result(job),
            "published": checks.published(world, job),
            "units": checks.units(world, job),
        }


ALL: tuple[type[Scenario], ...] = (
    Analysis,
    Cleanup,
    Cancel,
    DocumentCleanup,
    Continuation,
    Retry,
    Reconcile,
    Submission,
)
