"""The stages of an analysis that write its findings to Directus, and what undoes them.

    plan_seeding -> seed

The plan takes the product's lease, reads what is there and notes what will change, before anything is
written. Each unit of ``seed`` writes the next batch of what is left, which an execution that takes up an
interrupted one finds out by reading again; the last reads everything back, mends what is missing, and only
then lets the seeding count as verified. The lease lasts until the job has ended: so long the result can
still be taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from functions.analyze.document.phases import READ
from functions.analyze.seeding.cms import read
from functions.analyze.seeding.plan import make_plan
from functions.analyze.seeding.rows import DesiredRows, Origin, Row, build
from functions.analyze.seeding.session import ROUNDS, SeedingDependencies, Session
from shared.clock import to_text
from shared.errors import PermanentError, TransientError
from shared.findings.model import ResultTree
from shared.jobs.workflow import Run, Stage
from shared.observability import logger

PLAN = "plan_seeding"
SEED = "seed"
_WEIGHT = 15


class Mode(StrEnum):
    """What a job asks for."""

    NONE = "not_requested"
    DRY_RUN = "dry_run"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class SeedingResult:
    """What a job's result says of its seeding, and the file of a dry run (None without one)."""

    fields: Mapping[str, Any]
    warnings: tuple[str, ...]
    file: Mapping[str, Any] | None


class Seeding:
    """The seeding of one job; ``tree`` returns the result once all findings are there."""

    def __init__(
        self, run: Run, dependencies: SeedingDependencies | None, tree: Callable[[], ResultTree]
    ) -> None:
        self._run = run
        self._dependencies = dependencies
        self._tree = tree
        self._open: Session | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages; without units where no seeding is asked for."""
        seeds = int(self._mode is not Mode.NONE)
        return (
            Stage(PLAN, seeds * _WEIGHT // 3, lambda: seeds, self._plan, phase=READ),
            Stage(SEED, seeds * _WEIGHT, self._count, self._seed, phase=READ),
        )

    def result(self) -> SeedingResult:
        """Return what is to be said of the seeding, once its units are done."""
        fields: dict[str, Any] = {"seeding": self._mode.value, "seeding_success": False}
        if self._mode is Mode.NONE:
            return SeedingResult(fields, (), None)
        planned = self._planned
        if self._mode is Mode.DRY_RUN:
            file = {"product_id": self._run.job.product_id, **planned["rows"], "kept": planned["kept"]}
            counts = {**planned["counts"], "kept_validated": planned["kept"]}
        else:
            *batches, verified = self._run.outputs(SEED)
            if self._open is None:
                # Verified by an earlier execution: somebody else may have had the product since.
                verified = self._verify()
            file = None
            total: Counter[str] = Counter(dict.fromkeys(planned["counts"], 0))
            for counted in (*batches, verified["written"]):
                total.update(counted)
            counts = {**total, "kept_validated": verified["kept"], "rows": verified["rows"]}
            fields = {"seeding": "verified", "seeding_success": True}
        return SeedingResult({**fields, "seeded": counts}, self._wanted.warnings, file)

    def undo(self) -> None:
        """Bring back the rows that this seeding changed; see Workflow."""
        if self._mode is not Mode.WRITE or self._dependencies is None or not self._run.finished.get(PLAN):
            return
        Session(self._dependencies, self._run).undo()

    # --- Units -------------------------------------------------------------------------------------

    def _plan(self, _index: int) -> dict[str, Any]:
        """Plan the seeding; a dry run ends here, and keeps the plan itself."""
        dependencies = self._configured
        if self._mode is Mode.DRY_RUN:
            return self._dry_run(dependencies)
        session = Session(dependencies, self._run)
        try:
            session.open()
            origin = self._origin(session.product)
            wanted = self._build(origin)
            plan = session.plan(wanted.rows)
            session.note(plan)
        except PermanentError:
            session.close()
            raise
        self._open = session
        batches = len(plan.batches(dependencies.directus.cut))
        return {"origin": asdict(origin), "batches": batches, "counts": plan.counts(), "kept": plan.kept}

    def _dry_run(self, dependencies: SeedingDependencies) -> dict[str, Any]:
        product, existing = read(dependencies.directus, self._run.job.product_id)
        origin = self._origin(product)
        plan = make_plan(existing, self._build(origin).rows)
        return {
            "origin": asdict(origin),
            "counts": plan.counts(),
            "kept": plan.kept,
            "rows": {"create": plan.create, "update": plan.update, "delete": plan.delete},
        }

    def _count(self) -> int:
        """Count the batches of the plan, and the verification."""
        return self._planned["batches"] + 1 if self._mode is Mode.WRITE else 0

    def _seed(self, index: int) -> dict[str, Any]:
        """Write the next batch; the last unit verifies."""
        try:
            if index == self._planned["batches"]:
                return self._verify()
            return self._write_next()
        except PermanentError:
            self._take_back()
            raise

    def _write_next(self) -> dict[str, int]:
        """Return how many rows were written, by operation; nothing where nothing is left."""
        batch = self._session.step(self._wanted.rows)
        return {} if batch is None else {batch.operation.value: len(batch.rows)}

    def _verify(self) -> dict[str, Any]:
        """Read back and write what is missing, until everything is as wanted."""
        session, wanted = self._session, self._wanted.rows
        written: Counter[str] = Counter()
        for _ in range(ROUNDS):
            plan = session.refresh(wanted)
            if not any(plan.counts().values()):
                rows = {collection: len(by_id) for collection, by_id in session.rows.items()}
                return {"written": dict(written), "kept": plan.kept, "rows": rows}
            while batch := session.step(wanted):
                written[batch.operation.value] += len(batch.rows)
        raise TransientError(
            "seeding-incomplete", "What Directus returns is not what was written, time after time."
        )

    def _take_back(self) -> None:
        """Bring the product back where a row is refused for good: half a result is worse than the old one."""
        session, self._open = self._open, None
        if session is None:
            return
        try:
            session.undo()
        except Exception as error:  # noqa: BLE001 - the refusal is what has to be reported
            logger.warning("Seeding could not be taken back", error=type(error).__name__)

    # --- Helpers -----------------------------------------------------------------------------------

    @property
    def _session(self) -> Session:
        """The session of this execution; one that takes up an interrupted seeding reads and notes anew."""
        if self._open is None:
            session = Session(self._configured, self._run)
            self._open = session
            session.refresh(self._wanted.rows)
        return self._open

    @cached_property
    def _mode(self) -> Mode:
        if self._run.params.get("dry_run_directus"):
            return Mode.DRY_RUN
        return Mode.WRITE if self._run.params.get("seed_directus") else Mode.NONE

    @property
    def _configured(self) -> SeedingDependencies:
        if self._dependencies is None or not self._run.job.product_id:
            raise PermanentError(
                "seeding-not-possible", "Seeding needs a product_id, and DIRECTUS_URL to be configured."
            )
        return self._dependencies

    @property
    def _planned(self) -> dict[str, Any]:
        planned: dict[str, Any] = self._run.outputs(PLAN)[0]
        return planned

    @cached_property
    def _wanted(self) -> DesiredRows:
        return self._build(Origin(**self._planned["origin"]))

    def _build(self, origin: Origin) -> DesiredRows:
        return build(self._tree(), origin)

    def _origin(self, product: Row) -> Origin:
        """Return what all rows share: the product's own reference to its document, else its name."""
        title = product["document_reference"] or product["product_name"] or ""
        return Origin(self._run.job.product_id, title, to_text(self._run.job.created_at))
