"""The one error of the local stack."""

from __future__ import annotations


class LocalError(Exception):
    """Something about the local stack failed; the message says what to do. Printed without a traceback."""
