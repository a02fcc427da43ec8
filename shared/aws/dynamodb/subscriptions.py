"""Who follows which job, in the same table as the jobs: each entry once by job and once by connection."""

from __future__ import annotations

from datetime import datetime

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.table import DynamoTable


class DynamoWatchers(DynamoTable):
    """See Watchers for the contract of every method."""

    def add(self, job_id: str, connection_id: str, until: datetime) -> None:
        """Write both entries; the one that removal goes by comes first."""
        for key in (keys.connection(connection_id, job_id), keys.watched_job(job_id, connection_id)):
            self._put({**key, "expires_at": expiry.ttl(until)})

    def of(self, job_id: str) -> list[str]:
        """Return the connections; those whose time is over are left out."""
        now = self._clock()
        items = self._partition(keys.watched_job(job_id, ""))
        return [item["sk"] for item in items if not expiry.expired(item, now)]

    def remove(self, connection_id: str) -> None:
        """Remove every entry of a connection."""
        for item in self._partition(keys.connection(connection_id, "")):
            job_id = item["sk"]
            self._delete(keys.watched_job(job_id, connection_id))
            self._delete(keys.connection(connection_id, job_id))
