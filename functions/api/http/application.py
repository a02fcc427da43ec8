"""What every application has around its routes: settings, identity, problems, the edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from functions.api.http import openapi, problems
from functions.api.http.middleware import Edge
from functions.api.ports.dependencies import RecordDependencies
from functions.api.ports.watch import WatchMaker
from functions.api.settings import VERSION, ApiSettings
from shared.auth import Tokens


class Application(FastAPI):
    """FastAPI with an OpenAPI document that describes problems by ``problem_view``."""

    problem_view: type[BaseModel]

    def openapi(self) -> dict[str, Any]:
        """Return the document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.complete(super().openapi(), self.problem_view)
        return self.openapi_schema


def build_app(
    routers: Iterable[APIRouter],
    settings: ApiSettings,
    records: Callable[[], RecordDependencies],
    watch: WatchMaker,
    problem_view: type[BaseModel],
    **more: Any,
) -> Application:
    """Return an application of these routes; ``problem_view`` describes a problem, ``more`` is for FastAPI.

    Records and watch are made at their first use, so that liveness needs none of them.
    """
    app = Application(
        title="Clauseworks",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        **more,
    )
    app.problem_view = problem_view
    app.state.settings = settings
    app.state.tokens = Tokens(settings.token_secret(), settings.jwt_issuers)
    app.state.dependencies = cache(records)
    app.state.watch = cache(lambda: watch(app.state.dependencies()))
    problems.install(app)
    for router in routers:
        app.include_router(router)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    app.add_middleware(Edge)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _allow_origins(app: FastAPI, origins: tuple[str, ...]) -> None:
    from fastapi.middleware.cors import CORSMiddleware

    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID"],
        expose_headers=["ETag", "Idempotent-Replay", "Location", "Retry-After", "X-Request-Id"],
        max_age=600,
    )
