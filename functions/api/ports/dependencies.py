"""The ports that the routes use, in one bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.clock import Clock, utc_now
from shared.documents.model import DocumentStore
from shared.files.port import Files
from shared.jobs.queue import JobQueue
from shared.jobs.store import JobStore

if TYPE_CHECKING:
    from functions.api.ports.login import Logins
    from functions.api.ports.notifying import NotificationDependencies
    from functions.api.ports.operations import OperatorDependencies
    from functions.api.ports.products import Products
    from shared.findings.reviews import ReviewStore
    from shared.search.index import SearchIndexStore
    from shared.search.query import SearchService


Check = Callable[[], object]


@dataclass(frozen=True, slots=True)
class RecordDependencies:
    """The ports that reading needs."""

    jobs: JobStore
    documents: DocumentStore
    clock: Clock = field(default=utc_now, kw_only=True)


@dataclass(frozen=True, slots=True)
class ApiDependencies(RecordDependencies):
    """The ports that the routes use; ``checks`` are probes of readiness, which raise when in trouble.

    ``products`` is None where there is no Directus, ``operations`` without operators, ``notifying`` without
    notifications, ``search`` and ``shelf`` where nothing is indexed.
    """

    files: Files
    queue: JobQueue
    products: Products | None = None
    operations: OperatorDependencies | None = None
    notifying: NotificationDependencies | None = None
    search: SearchService | None = None
    search_index: SearchIndexStore | None = None
    reviews: ReviewStore | None = None
    logins: Logins | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)
