"""The application: routes, problems and the edge put together."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from functions.api import bootstrap, openapi, problems
from functions.api.bootstrap import Services
from functions.api.middleware import Edge
from functions.api.routes import control, docs, document_control, health, jobs, results, uploads
from functions.api.routes.health import Probe
from functions.api.settings import ApiSettings
from functions.api.version import VERSION
from shared.auth import Tokens

_DESCRIPTION = """\
Insurance documents in; segments, benefits and limits out, each with its evidence.

Upload a document, follow its job, read the result. Every error is a problem document (RFC 9457);
every address is served under `/api/v1` too.
"""

_TAGS = [
    {"name": "Jobs", "description": "Submit, follow and list."},
    {"name": "Uploads", "description": "Documents in."},
    {"name": "Results", "description": "Findings and files out."},
    {"name": "Control", "description": "Pause, resume, cancel."},
    {"name": "Operation", "description": "Is it alive, is it ready."},
]


class Application(FastAPI):
    """FastAPI with an OpenAPI document that tells of problems."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.complete(super().openapi())
        return self.openapi_schema


def create_app(services: Services | None = None, settings: ApiSettings | None = None) -> FastAPI:
    """Return the application; without arguments it reads the environment and works on AWS.

    The services are made at their first use, so that liveness needs none of them.
    """
    settings = settings or ApiSettings()
    app = Application(
        title="Clauseworks",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        form_limits={"max_files": 1, "max_fields": 50, "max_part_size": 65_536},
        generate_unique_id_function=_operation_id,
    )
    app.state.settings = settings
    app.state.tokens = Tokens(settings.directus_secret.get_secret_value(), settings.jwt_issuers)
    app.state.services = cache(partial(_services, services, settings))
    app.state.probe = Probe()
    problems.install(app)
    for module in (uploads, jobs, results, control, document_control, health, docs):
        app.include_router(module.router)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    app.add_middleware(Edge)
    return app


def _services(given: Services | None, settings: ApiSettings) -> Services:
    return given or bootstrap.on_aws(settings)


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
