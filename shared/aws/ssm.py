"""Secrets: given by the environment on a developer's machine, by SSM Parameter Store everywhere else."""

from __future__ import annotations

import threading

from shared.clock import Monotonic, monotonic
from shared.errors import ClauseworksError, PermanentError
from shared.observability import logger

KEPT_SECONDS = 300.0


class Secret:
    """A secret, read at its first use and anew after some minutes, so that it can be changed.

    ``value`` is the secret itself where the environment holds it; else ``parameter`` names the SecureString
    that does. Both empty is an empty secret.
    """

    def __init__(
        self,
        value: str,
        parameter: str = "",
        endpoint_url: str = "",
        *,
        min_length: int = 0,
        monotonic: Monotonic = monotonic,
    ) -> None:
        self._value = value
        self._parameter = "" if value else parameter
        self._endpoint_url = endpoint_url
        self._min_length = min_length
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """Return the secret.

        Raises TransientError where it cannot be read now and never was, PermanentError where there is none
        of that name or it is too short. A secret that was read before outlasts trouble in reading it again.
        """
        if not self._parameter:
            return self._value
        with self._lock:
            if self._read_at is None or self._monotonic() - self._read_at >= KEPT_SECONDS:
                self._refresh()
            return self._value

    def _refresh(self) -> None:
        try:
            value = self._read()
        except ClauseworksError:
            if self._read_at is None:
                raise
            logger.warning("Secret could not be read again", parameter=self._parameter)
            value = self._value
        if len(value) < self._min_length:
            raise PermanentError(
                "secret-too-short",
                f"The parameter {self._parameter} needs at least {self._min_length} characters.",
            )
        self._value, self._read_at = value, self._monotonic()

    def _read(self) -> str:
        from shared.aws.clients import client, translated

        with translated("SSM"):
            answer = client("ssm", self._endpoint_url).get_parameter(
                Name=self._parameter, WithDecryption=True
            )
        return str(answer["Parameter"]["Value"])
