"""The Lambda handler of the wait function: clients that wait for a job."""

from __future__ import annotations

from functions.api.http.gateway import handler_of
from functions.api.waiting.app import create_app

app = create_app()
handler = handler_of(app)
