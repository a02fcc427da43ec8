"""The application: routes, problems and the edge put together."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from functions.api import bootstrap
from functions.api.http.application import build_app
from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.watch import WatchMaker
from functions.api.routes import (
    admin_queues,
    admin_tasks,
    auth,
    comparison,
    console,
    control,
    docs,
    documents,
    health,
    jobs,
    notifications,
    products,
    results,
    reviews,
    search,
    uploads,
    webhooks,
)
from functions.api.routes.health import Probe
from functions.api.schemas.problems import ProblemView
from functions.api.settings import ApiSettings
from functions.api.waiting import routes as waiting
from functions.api.waiting.watch import NoWait

_DESCRIPTION = """\
Insurance documents in; segments, benefits and limits out, each with its evidence.

Upload a document, follow its job, read the result. Every error is a problem document (RFC 9457);
every address is served under `/api/v1` too.
"""

_TAGS = [
    {"name": "Jobs", "description": "Submit, follow and list."},
    {"name": "Uploads", "description": "Documents in."},
    {"name": "Results", "description": "Findings and files out."},
    {"name": "Documents", "description": "What was understood, page by page."},
    {"name": "Search", "description": "Find passages of documents by meaning and by words."},
    {"name": "Control", "description": "Pause, resume, cancel."},
    {"name": "Notifications", "description": "Webhooks and e-mail when jobs have ended."},
    {"name": "Operators", "description": "Tasks, workers, queues, dead letters; for administrators."},
    {"name": "Signing in", "description": "Through Directus, where the deployment knows one."},
    {"name": "Operation", "description": "Is it alive, is it ready."},
]


def create_app(
    dependencies: ApiDependencies | None = None,
    settings: ApiSettings | None = None,
    watch: WatchMaker = NoWait,
) -> FastAPI:
    """Return the application; without arguments it reads the environment and works on AWS.

    ``watch`` says how it waits for changes of jobs: not at all by default.
    """
    settings = settings or ApiSettings()
    modules = (
        uploads,
        jobs,
        products,
        waiting,
        results,
        reviews,
        documents,
        search,
        comparison,
        control,
        webhooks,
        notifications,
        admin_tasks,
        admin_queues,
        auth,
        health,
        docs,
        console,
    )
    app = build_app(
        [*(module.router for module in modules), notifications.operators],
        settings,
        partial(_services, dependencies, settings),
        watch,
        ProblemView,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        form_limits={"max_files": 1, "max_fields": 50, "max_part_size": 65_536},
    )
    app.state.probe = Probe()
    return app


def _services(given: ApiDependencies | None, settings: ApiSettings) -> ApiDependencies:
    return given or bootstrap.on_aws(settings)
