"""What clients that wait ask for: events of a job or of a document, and a job's next state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from functions.api.http.conditional import IfNoneMatch
from functions.api.http.links import RootDep
from functions.api.http.openapi import READ, problem_responses
from functions.api.http.security import CallerDep, GuardedRoute, RecordsDep
from functions.api.ports.watch import Watch
from functions.api.schemas.job_responses import job_answer
from functions.api.schemas.jobs import JobView
from functions.api.waiting import sse
from functions.api.waiting.dependencies import ReadableJob, WatchDep
from functions.api.waiting.follow import MAX_SECONDS, DocumentJobs, Follower, next_state
from shared.errors import TransientError
from shared.jobs.store import JobNotFoundError
from shared.observability import logger

KEEP_ALIVE_SECONDS = 15.0
# Of an invocation, kept for the answer.
RESERVE_SECONDS = 2.0
# Where the waiting is the server's, a client that comes back at once costs no more and misses little.
RETRY_SECONDS = 0.25
RETRY_ELSEWHERE_SECONDS = 2.0

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events, as Server-Sent Events", "content": {sse.MEDIA_TYPE: {}}},
    204: {"description": "What is followed has ended, and every event of it was read"},
}

router = APIRouter(tags=["Jobs"], route_class=GuardedRoute)

LastEventNumber = Annotated[
    int | None,
    Header(alias="Last-Event-ID", ge=0, le=2**53, description="Number of the last event that you have."),
]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9a-f-]{36}:[0-9]{1,15}$",
        description="Id of the last event that you have, `JOB_ID:NUMBER`.",
    ),
]
Seconds = Annotated[
    int, Query(ge=1, le=MAX_SECONDS, description="Longest wait in seconds; the deployment may cut it.")
]


@router.get(
    "/jobs/{job_id}/events",
    response_class=Response,
    responses={**_STREAM, **problem_responses(*READ, 422, 429)},
)
async def get_events(
    request: Request,
    job: ReadableJob,
    records: RecordsDep,
    watch: WatchDep,
    last_event_id: LastEventNumber = None,
) -> Response:
    """Stream what has happened to a job since ``Last-Event-ID``, as it happens.

    Behind the gateway the answer ends with the events that there are, after a wait for the first; event
    sources come back for the next ones by themselves, none lost and none twice. 204 says that the job has
    ended and every event was read.
    """
    return await _event_answer(Follower(watch, records, job, last_event_id or 0), request, whole_id=False)


@router.get(
    "/documents/{document_id}/progress",
    response_class=Response,
    responses={**_STREAM, **problem_responses(*READ, 409, 422, 429)},
)
async def get_progress(
    document_id: str,
    request: Request,
    caller: CallerDep,
    records: RecordsDep,
    watch: WatchDep,
    last_event_id: LastEventId = None,
) -> Response:
    """Stream what happens to a document, as the events of a job do.

    Followed is its newest active job, else its newest one; once that has ended, the next newer job, from
    its first event. Ids are ``JOB_ID:NUMBER``, so that coming back finds the place in either.
    """
    jobs = DocumentJobs(records, caller, document_id)
    job, after = await watch.call(jobs.resume_at, last_event_id)
    return await _event_answer(Follower(watch, records, job, after, jobs.following), request, whole_id=True)


@router.get("/jobs/{job_id}/wait", response_model=JobView, responses=problem_responses(304, *READ, 422, 429))
async def wait_for_job(
    request: Request,
    job: ReadableJob,
    root: RootDep,
    records: RecordsDep,
    watch: WatchDep,
    seconds: Seconds = MAX_SECONDS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the state of a job once it differs from what ``If-None-Match`` names, or from now without it.

    After ``seconds`` without a change that is 304, or the same as now without a tag.
    """
    job = await next_state(job, watch, records, _bounded(request, watch, seconds), if_none_match)
    return job_answer(job, root, if_none_match)


async def _event_answer(follower: Follower, request: Request, *, whole_id: bool) -> Response:
    """Answer with events: in one piece, or as they come where the process can."""
    events = await follower.ready()
    if not events and follower.ended:
        return Response(status_code=204)
    watch = follower.watch
    retry = sse.retry(RETRY_SECONDS if watch.longest else RETRY_ELSEWHERE_SECONDS)
    if watch.streams:
        opening = retry + sse.text(events, follower.job, whole_id=whole_id)
        return StreamingResponse(_stream(follower, opening, whole_id=whole_id), media_type=sse.MEDIA_TYPE)
    if not events and await follower.wait(_bounded(request, watch, watch.longest)):
        events = await follower.ready()
    text = sse.text(events, follower.job, whole_id=whole_id) if events else sse.KEEP_ALIVE
    return Response(retry + text, media_type=sse.MEDIA_TYPE)


async def _stream(follower: Follower, opening: str, *, whole_id: bool) -> AsyncIterator[str]:
    """Yield events until there will be none; where reading fails, end, and the client comes back."""
    yield opening
    try:
        while True:
            while events := await follower.ready():
                yield sse.text(events, follower.job, whole_id=whole_id)
            if follower.ended:
                return
            while not await follower.wait(KEEP_ALIVE_SECONDS):
                yield sse.KEEP_ALIVE
    except (TransientError, JobNotFoundError) as error:
        logger.warning("Stream ended early", problem=error.code)


def _bounded(request: Request, watch: Watch, seconds: float) -> float:
    """Cut a wait to what this process waits at most, and to what is left of its invocation."""
    longest = min(seconds, watch.longest)
    context = request.scope.get("aws.context")
    if context is None:
        return longest
    left: float = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    return max(0.0, min(longest, left))
