"""The application of the wait function: the routes that clients wait at."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from functions.api.http.application import build_app
from functions.api.ports.dependencies import RecordDependencies
from functions.api.ports.watch import WatchMaker
from functions.api.schemas.problems import ProblemView
from functions.api.waiting import routes
from functions.api.waiting.bootstrap import on_aws
from functions.api.waiting.settings import WaitSettings
from functions.api.waiting.watch import Polling


def create_app(
    records: RecordDependencies | None = None,
    settings: WaitSettings | None = None,
    watch: WatchMaker | None = None,
) -> FastAPI:
    """Return the application; without arguments it reads the environment and works on AWS."""
    settings = settings or WaitSettings()
    given = records
    polling = partial(Polling, longest=settings.wait_seconds)
    return build_app(
        [routes.router], settings, lambda: given or on_aws(settings), watch or polling, ProblemView
    )
