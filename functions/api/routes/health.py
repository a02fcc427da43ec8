"""Liveness and readiness."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from functions.api.http.openapi import problem_responses
from functions.api.http.security import DependenciesDep, SettingsDep, authenticate
from functions.api.ports.dependencies import ApiDependencies, Check
from functions.api.schemas.health import CheckView, Health, Readiness
from functions.api.settings import VERSION
from shared.observability import logger

CACHE_SECONDS = 10.0

router = APIRouter(tags=["Operation"])


@dataclass(slots=True)
class Probe:
    """Runs the checks at most every ten seconds, however many requests come; ``now`` counts seconds."""

    now: Callable[[], float] = time.monotonic
    checked_at: float = float("-inf")
    results: dict[str, CheckView] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def run(self, dependencies: ApiDependencies) -> dict[str, CheckView]:
        """Return the outcome of each check, by name."""
        with self._lock:
            if self.now() - self.checked_at >= CACHE_SECONDS:
                self.results = {name: self._check(name, check) for name, check in dependencies.checks.items()}
                self.checked_at = self.now()
            return self.results

    def _check(self, name: str, check: Check) -> CheckView:
        began = self.now()
        ok = True
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the part is not ready
            logger.warning("Not ready", part=name, error=type(error).__name__)
            ok = False
        return CheckView(ok=ok, milliseconds=round((self.now() - began) * 1000))


@router.get("/health")
def get_health(settings: SettingsDep) -> Health:
    """Show that the process answers; no other part is asked."""
    return Health(status="ok", version=VERSION, stage=settings.stage)


def _probe(request: Request) -> Probe:
    probe: Probe = request.app.state.probe
    return probe


@router.get(
    "/health/ready",
    response_model=Readiness,
    response_model_exclude_none=True,
    responses={**problem_responses(401), 503: {"model": Readiness, "description": "A part does not answer"}},
)
def get_readiness(
    request: Request, dependencies: DependenciesDep, probe: Annotated[Probe, Depends(_probe)]
) -> Response:
    """Show whether table, bucket and queues answer; administrators see which."""
    caller = authenticate(request) if "authorization" in request.headers else None
    results = probe.run(dependencies)
    ready = all(result.ok for result in results.values())
    body = Readiness(
        status="ready" if ready else "unavailable",
        checks=results if caller is not None and caller.admin else None,
    )
    return JSONResponse(body.model_dump(exclude_none=True), 200 if ready else 503)
