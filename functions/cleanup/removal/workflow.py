"""A cleanup job: what analyses stored and seeded for a product or document goes, checked at the end.

    find -> plan -> files -> document -> rows -> verify -> product

The records of the jobs stay as history. ``plan``, ``rows``, ``verify`` and ``product`` belong to products
in Directus; a dry run ends after counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.cleanup.removal.seeded import SeededRows
from functions.cleanup.removal.subject import SubjectFinder
from shared.clock import Clock, utc_now
from shared.directus import PRODUCTS
from shared.directus.product_lock import ProductLock
from shared.directus.rows import CHILDREN_FIRST, ProductRows
from shared.documents.extractions import document_of, forget, keys_of
from shared.documents.model import DocumentStore
from shared.errors import PermanentError, TransientError
from shared.files.keys import job_prefix
from shared.jobs.store import JobStore
from shared.jobs.workflow import Run, Stage
from shared.leases import Lease
from shared.search.index import IndexRemover

VERIFY_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class CleanupDependencies:
    """What a cleanup reads and removes besides the files.

    ``seeded`` and ``lock`` are None where Directus is not used.
    """

    store: JobStore
    documents: DocumentStore
    seeded: SeededRows | None = None
    lock: ProductLock | None = None
    indexes: IndexRemover | None = None
    clock: Clock = utc_now


class CleanupWorkflow:
    """The stages of one cleanup job. Every unit may be repeated without harm."""

    revision = 1

    def __init__(self, run: Run, ports: CleanupDependencies) -> None:
        self._run = run
        self._ports = ports
        self._product_id = run.job.product_id
        self._force = bool(run.params.get("force"))
        self._dry_run = bool(run.params.get("dry_run"))
        self._delete_product = bool(run.params.get("delete_product"))
        self._read: ProductRows | None = None
        self._lease: Lease | None = None

    @property
    def stages(self) -> Sequence[Stage]:
        """See Workflow."""
        return (
            Stage("find", 1, lambda: 1, self._find),
            Stage("plan", 1, lambda: int(self._in_directus), self._alone(self._plan)),
            Stage("files", 4, lambda: len(self._subject["jobs"]), self._files),
            Stage("document", 1, lambda: int(self._document_goes), self._document),
            Stage("rows", 8, lambda: len(CHILDREN_FIRST) if self._rows_go else 0, self._alone(self._rows)),
            Stage("verify", 2, lambda: int(self._rows_go), self._alone(self._verify)),
            Stage("product", 1, lambda: int(self._product_goes), self._alone(self._product)),
        )

    def finish(self) -> Mapping[str, Any]:
        """Return the counts.

        ``success`` says that nothing unprotected is left, so never after a dry run that found something.
        """
        plan = next(iter(self._run.outputs("plan")), None)
        counted = next(iter(self._run.outputs("verify")), plan) or {}
        deleted = self._deleted(plan)
        objects = sum(self._run.outputs("files")) + sum(self._run.outputs("document"))
        return {
            "success": not self._dry_run or not (objects or any(deleted.values())),
            "deleted": deleted,
            "kept_validated": counted.get("kept_validated", 0),
            "kept_ancestors": counted.get("kept_ancestors", 0),
            "objects": objects,
            "jobs": len(self._subject["jobs"]),
            "dry_run": self._dry_run,
        }

    def undo(self) -> None:
        """See Workflow: what was removed stays removed."""

    # --- What earlier units returned ------------------------------------------------------------------

    @property
    def _subject(self) -> dict[str, Any]:
        subject: dict[str, Any] = self._run.outputs("find")[0]
        return subject

    @property
    def _in_directus(self) -> bool:
        return bool(self._subject["in_directus"])

    @property
    def _document_goes(self) -> bool:
        return bool(self._delete_product and self._subject["document_prefix"])

    @property
    def _rows_go(self) -> bool:
        return self._in_directus and not self._dry_run

    @property
    def _product_goes(self) -> bool:
        return self._rows_go and self._delete_product

    @property
    def _seeded(self) -> SeededRows:
        if self._ports.seeded is None:
            raise PermanentError(
                "directus-not-configured", "The job needs Directus, but DIRECTUS_URL is not configured."
            )
        return self._ports.seeded

    def _deleted(self, plan: Mapping[str, Any] | None) -> dict[str, int]:
        """Return what went by collection; in a dry run, what would go."""
        if plan is None:
            return {}
        if self._dry_run:
            counts = Counter({name: len(ids) for name, ids in plan["removable"].items()})
            counts[PRODUCTS] += self._delete_product
        else:
            counts = Counter()
            for gone in (*self._run.outputs("rows"), self._run.outputs("verify")[0]["deleted"]):
                counts.update(gone)
            counts[PRODUCTS] += sum(self._run.outputs("product"))
        return {name: counts[name] for name in (*CHILDREN_FIRST, PRODUCTS)}

    # --- Units -------------------------------------------------------------------------------------

    def _find(self, _index: int) -> dict[str, Any]:
        """Find jobs and upload, and whether Directus has the product; refuse what is not known."""
        subject = SubjectFinder(self._ports.store, self._ports.documents).find(self._run.job)
        seeded = self._seeded if self._product_id and self._delete_product else self._ports.seeded
        in_directus = bool(self._product_id and seeded and seeded.exists(self._product_id))
        if self._product_id and not in_directus and not subject.analyses:
            raise PermanentError(
                "unknown-product",
                f"Product {self._product_id!r} is not known: no job names it, and Directus does not show it.",
            )
        return {**subject.to_json(), "in_directus": in_directus}

    def _plan(self, _index: int) -> dict[str, Any]:
        """Write down what is to go, before anything goes."""
        rows = self._product_rows()
        removable = rows.removable(force=self._force)
        if self._delete_product:
            self._refuse_protected(rows)
        return {"removable": removable, **self._kept(rows)}

    def _files(self, index: int) -> int:
        """Remove the files of one job; return how many."""
        job_id = self._subject["jobs"][index]
        if self._dry_run:
            return self._stored_files(job_id)
        job = self._ports.store.get(job_id)
        removed = 0
        if job is not None and (document_id := document_of(job)):
            removed = forget(self._ports.documents, self._run.files, document_id, job_id, self._ports.clock())
        if job is not None and self._ports.indexes is not None:
            removed += self._ports.indexes.forget_job(job)
        return removed + self._run.files.delete_prefix(job_prefix(job_id))

    def _document(self, _index: int) -> int:
        """Remove the upload, its record last: with the record gone the objects could not be found."""
        prefix = self._subject["document_prefix"]
        document_id = self._run.job.document_id
        if self._dry_run:
            record = self._ports.documents.get(document_id)
            return int(record is not None and self._run.files.head(record.key) is not None)
        document = self._ports.documents.get(document_id)
        objects = 0
        if document is not None and self._ports.indexes is not None:
            objects = self._ports.indexes.forget(document.owner, document_id)
        objects += self._run.files.delete_prefix(prefix)
        self._ports.documents.delete(document_id)
        return objects

    def _rows(self, index: int) -> dict[str, int]:
        """Remove one collection's rows; return how many of those planned, or come since, are gone.

        What has come since to the collections before it goes first: it would hold its parents back.
        """
        gone: dict[str, int] = {}
        for collection in CHILDREN_FIRST[: index + 1]:
            rows = self._product_rows()
            removable = rows.removable(force=self._force)[collection]
            kept = {row.id for row in rows.rows.get(collection, ())} - set(removable)
            self._seeded.delete(collection, removable)
            self._read = rows.without(collection, removable)
            gone[collection] = len(removable)
        planned = set(self._run.outputs("plan")[0]["removable"][collection])
        return {**gone, collection: len((planned - kept) | set(removable))}

    def _verify(self, _index: int) -> dict[str, Any]:
        """Read everything again and remove what came in between; what stays unprotected is no success."""
        deleted: Counter[str] = Counter()
        for _ in range(VERIFY_ROUNDS):
            rows = self._seeded.read(self._product_id)
            removable = rows.removable(force=self._force)
            if not any(removable.values()):
                return {"deleted": dict(deleted), **self._kept(rows)}
            for collection, ids in removable.items():
                self._seeded.delete(collection, ids)
                deleted[collection] += len(ids)
        raise TransientError(
            "cleanup-incomplete", "Rows of the product keep coming back or cannot be removed from Directus."
        )

    def _product(self, _index: int) -> int:
        """Remove the product, which has no rows left."""
        self._refuse_protected(self._seeded.read(self._product_id))
        self._seeded.delete(PRODUCTS, [self._product_id])
        if self._seeded.exists(self._product_id):
            raise TransientError("cleanup-incomplete", "Directus still shows the product after its removal.")
        return 1

    # --- The product's lease ---------------------------------------------------------------------------

    def _alone(self, work: Callable[[int], Any]) -> Callable[[int], Any]:
        """Return the unit as done under the product's lease, which ends with the job; dry runs need none."""

        def unit(index: int) -> Any:
            lock = self._ports.lock
            if lock is None or self._dry_run:
                return work(index)
            lease = self._lease or lock.take(self._run.job)
            # An earlier seeding that was cut short is not to bring back what goes now.
            self._lease = lock.keep(lease, note="")
            try:
                return work(index)
            except PermanentError:
                lock.give_back(self._lease)
                raise

        return unit

    # --- Helpers -----------------------------------------------------------------------------------

    def _product_rows(self) -> ProductRows:
        """Return the rows as this invocation found and left them: after a pause or a retry it reads anew."""
        if self._read is None:
            self._read = self._seeded.read(self._product_id)
        return self._read

    def _kept(self, rows: ProductRows) -> dict[str, int]:
        removable = sum(len(ids) for ids in rows.removable(force=self._force).values())
        validated = 0 if self._force else rows.validated
        return {"kept_validated": validated, "kept_ancestors": rows.total - removable - validated}

    def _refuse_protected(self, rows: ProductRows) -> None:
        kept = sum(self._kept(rows).values())
        if kept:
            raise PermanentError(
                "product-protected",
                f"The product cannot be deleted: {kept} of its rows are validated by a human or needed by "
                "such rows. Use force to delete them too.",
            )

    def _stored_files(self, job_id: str) -> int:
        """Count the files that a job's record and units name and the store still has."""
        job = self._ports.store.get(job_id)
        keys = {unit.key for unit in self._ports.store.units(job_id)}
        keys |= {artifact.key for artifact in job.artifacts.values()} if job else set()
        if job is not None and (document := self._ports.documents.get(document_of(job))) is not None:
            keys |= {
                key
                for extraction in document.extractions
                if extraction.job_id == job_id
                for key in keys_of(extraction)
            }
        if job is not None and self._ports.indexes is not None:
            keys |= {*self._ports.indexes.keys_of(job)}
        return sum(self._run.files.head(key) is not None for key in keys)
