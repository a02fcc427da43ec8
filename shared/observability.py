"""Structured logs and metrics: JSON lines with ``job_id``, and CloudWatch's embedded metric format.

Document text, tokens, presigned links and secrets are never passed to the logger.
"""

from __future__ import annotations

import os

from aws_lambda_powertools import Logger

SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME") or "clauseworks"

logger = Logger(service=SERVICE, utc=True, log_uncaught_exceptions=False)
