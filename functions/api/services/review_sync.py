"""A reviewer's verdict in Directus: ``validated_by_human`` of the row that the finding became.

It is written with the reviewer's own token, so that no caller changes a row through us that Directus
would not let them change. An accepted row is protected from then on: neither a later seeding nor a
cleanup touches it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from functions.api.ports.products import DIRECTUS_ISSUER, Products
from shared.auth import AuthError, Caller, ForbiddenError
from shared.directus.row_ids import RowPlacement, placed
from shared.errors import PermanentError, TransientError
from shared.findings.model import ResultTree
from shared.findings.reviews import ReviewSyncState
from shared.jobs.model import Job
from shared.observability import logger


@dataclass(frozen=True, slots=True)
class ReviewSync:
    """Writes verdicts to Directus for one caller; without ``products`` there is no Directus."""

    products: Products | None
    caller: Caller
    token: str
    seed_roles: Collection[str]

    def set_validated(self, job: Job, tree: ResultTree, path: str, *, validated: bool) -> ReviewSyncState:
        """Set or clear the mark of a finding's row, and return the outcome; raises nothing."""
        if (job.result or {}).get("seeding") != "verified":
            return ReviewSyncState.NO
        row = next((row for row in placed(tree, job.product_id) if row.path == path), None)
        return ReviewSyncState.NO if row is None else self._write(job, row, validated=validated)

    def _write(self, job: Job, row: RowPlacement, *, validated: bool) -> ReviewSyncState:
        if self.products is None:
            return ReviewSyncState.FAILED
        if self.caller.issuer != DIRECTUS_ISSUER or not self.caller.may_seed(self.seed_roles):
            return ReviewSyncState.NOT_ALLOWED
        try:
            exists = self.products.validate(row.collection, row.row_id, self.token, validated=validated)
        except (AuthError, ForbiddenError):
            return ReviewSyncState.NOT_ALLOWED
        except (PermanentError, TransientError) as error:
            logger.warning("Review not mirrored", job_id=job.job_id, problem=error.code)
            return ReviewSyncState.FAILED
        return ReviewSyncState.YES if exists else ReviewSyncState.GONE
