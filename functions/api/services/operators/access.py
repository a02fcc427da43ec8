"""Who operates: administrators. Everybody else is refused before the body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from functions.api.http.security import CallerDep, GuardedRoute, ServicesDep, authenticate
from functions.api.ports.operations import OperatorDependencies
from shared.auth import Caller, ForbiddenError
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import JobNotFoundError


class OperatorRoute(GuardedRoute):
    """A route for administrators."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the guarded handler behind one guard more."""
        serve = super().get_route_handler()

        async def for_operators(request: Request) -> Response:
            require_operator(authenticate(request))
            return await serve(request)

        return for_operators


def require_operator(caller: Caller) -> None:
    """Refuse everybody but administrators; raises ForbiddenError."""
    if not caller.admin:
        raise ForbiddenError("Only administrators may operate.")


def _operator(caller: CallerDep) -> Caller:
    # Again, so that a route that forgets its class is no open door.
    require_operator(caller)
    return caller


def _operations(services: ServicesDep) -> OperatorDependencies:
    if services.operations is None:
        raise RuntimeError("the application was wired without its operators' ports")
    return services.operations


def _task(job_id: str, _operator: OperatorDep, services: ServicesDep) -> Job:
    job = services.jobs.get(job_id) if is_uuid(job_id) else None
    if job is None:
        raise JobNotFoundError(job_id)
    return job


OperatorDep = Annotated[Caller, Depends(_operator)]
OperationsDep = Annotated[OperatorDependencies, Depends(_operations)]
TaskDep = Annotated[Job, Depends(_task)]
