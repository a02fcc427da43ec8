"""Asks a model until every question has an answer, or says why there is none.

What is too much for one request is asked in halves; what cannot be read is asked again, with the reason; what
a reply leaves out is asked once more. A question without an answer is an error, never a "no".
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from functions.analyze.document.chunking import count_tokens
from functions.analyze.engines.llm.port import (
    BadReplyError,
    Finish,
    Message,
    Provider,
    Reply,
    Schema,
    TooLongError,
    Usage,
)
from functions.analyze.engines.llm.prompts import REMINDER
from functions.analyze.engines.llm.reply_cache import ReplyCache, digest_of
from functions.analyze.engines.llm.usage import UsageTracker
from shared.errors import PermanentError, TransientError
from shared.observability import logger
from shared.retry import RetryPolicy

MAX_REPLIES = 3

_Q = TypeVar("_Q")
_A = TypeVar("_A")
_Q_contra = TypeVar("_Q_contra", contravariant=True)
_A_co = TypeVar("_A_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent; ``tokens`` is our estimate of what the model reads."""

    messages: tuple[Message, ...]
    schema: Schema

    @property
    def tokens(self) -> int:
        """Return the estimated tokens of messages and schema."""
        return count_tokens(str(self.schema.body)) + sum(count_tokens(each.text) for each in self.messages)


@dataclass(frozen=True, slots=True)
class Reading(Generic[_A_co]):
    """What a reply says: an answer by the number of its question, and claims with those that were dropped."""

    answers: Mapping[int, _A_co]
    claims: int = 0
    dropped: int = 0


class Form(Protocol[_Q_contra, _A_co]):
    """A kind of question: how it is put, and how its replies are read."""

    def prompt(self, questions: Sequence[_Q_contra]) -> Prompt:
        """Return one request for all questions."""
        ...

    def read(self, text: str, questions: Sequence[_Q_contra]) -> Reading[_A_co]:
        """Return the answers of a reply; raises BadReplyError for one that cannot be read."""
        ...


class _TooMuchError(Exception):
    """The request has to be made smaller; ``error`` says why, for one that cannot be."""

    def __init__(self, error: PermanentError) -> None:
        super().__init__(error.code)
        self.error = error


class ModelClient:
    """One model, one job; ``policy`` says when a failed request is repeated at once and when later."""

    def __init__(
        self,
        provider: Provider,
        answers: ReplyCache,
        spending: UsageTracker,
        *,
        concurrency: int,
        policy: RetryPolicy,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._provider = provider
        self._answers = answers
        self._spending = spending
        self._concurrency = concurrency
        self._policy = policy
        self._sleep = sleep
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def ask_all(self, form: Form[_Q, _A], batches: Sequence[Sequence[_Q]]) -> list[list[_A]]:
        """Return the answers of every batch, asked side by side.

        At the first error nothing more is begun; what is under way is waited for and kept. Of several errors
        a permanent one is raised.
        """
        with ThreadPoolExecutor(max_workers=self._concurrency, thread_name_prefix="model") as threads:
            futures = [threads.submit(self.ask, form, batch) for batch in batches]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                future.cancel()
        return _results(futures)

    def ask(self, form: Form[_Q, _A], questions: Sequence[_Q]) -> list[_A]:
        """Return the answer of every question, in order."""
        try:
            answers = dict(self._answers_of(form, questions))
        except _TooMuchError as reason:
            if len(questions) == 1:
                raise reason.error from None
            half = len(questions) // 2
            return [*self.ask(form, questions[:half]), *self.ask(form, questions[half:])]
        missing = [number for number in range(len(questions)) if number not in answers]
        if missing:
            again = self.ask(form, [questions[number] for number in missing])
            answers.update(zip(missing, again, strict=True))
        return [answers[number] for number in range(len(questions))]

    def take_counts(self) -> dict[str, int]:
        """Return what was counted since the last call."""
        with self._lock:
            counts, self._counts = dict(self._counts), Counter()
        return counts

    def count(self, name: str, number: int = 1) -> None:
        """Count something for ``take_counts``."""
        with self._lock:
            self._counts[name] += number

    def _answers_of(self, form: Form[_Q, _A], questions: Sequence[_Q]) -> Mapping[int, _A]:
        prompt = form.prompt(questions)
        digest = digest_of(self._provider, prompt.messages, prompt.schema)
        if (kept := self._answers.find(digest)) is not None:
            self.count("answers_reused")
            return self._counted(form.read(kept, questions))
        text, reading = self._reply(form, prompt, questions)
        self._answers.keep(digest, text)
        return self._counted(reading)

    def _counted(self, reading: Reading[_A]) -> Mapping[int, _A]:
        self.count("claims", reading.claims)
        self.count("claims_dropped", reading.dropped)
        return reading.answers

    def _reply(self, form: Form[_Q, _A], prompt: Prompt, questions: Sequence[_Q]) -> tuple[str, Reading[_A]]:
        """Return a reply that can be read, asking again for one that cannot."""
        messages = prompt.messages
        for attempt in range(1, MAX_REPLIES + 1):
            try:
                reply = self._complete(Prompt(messages, prompt.schema))
                _require_whole(reply)
                reading = _require_answers(form.read(reply.text, questions))
            except BadReplyError as error:
                self.count("replies_unusable")
                logger.info("Model is asked again", problem=error.code, attempt=attempt)
                if attempt == MAX_REPLIES:
                    raise
                reminder = Message("user", REMINDER.format(reason=error.reason))
                messages = (*prompt.messages, reminder)
            else:
                return reply.text, reading
        raise AssertionError("unreachable")

    def _complete(self, prompt: Prompt) -> Reply:
        """Send a request, again after errors that pass, and account for it."""
        attempt = 1
        while True:
            try:
                with self._spending.reserved(prompt.tokens):
                    reply = self._provider.complete(prompt.messages, prompt.schema)
                    self._account(prompt, reply.usage, reply.text)
            except BadReplyError as error:
                self._account(prompt, error.usage, "")
                raise
            except TooLongError as error:
                raise _TooMuchError(error) from None
            except TransientError as error:
                pause = self._policy.wait(attempt, error.retry_after)
                if pause is None:
                    raise
                logger.info("Model is asked again", problem=error.code, attempt=attempt, wait=round(pause, 2))
            else:
                return reply
            self._sleep(pause)
            attempt += 1

    def _account(self, prompt: Prompt, usage: Usage | None, text: str) -> None:
        """Add what the provider says it took, else our estimate."""
        counted = usage or Usage(prompt.tokens, count_tokens(text), estimated=1)
        self._spending.add(Usage(counted.input, counted.output, 1, counted.estimated))


def _require_whole(reply: Reply) -> None:
    """Refuse a reply that was cut off, or refused."""
    if reply.finish is Finish.LENGTH:
        raise _TooMuchError(
            PermanentError(
                "model-reply-truncated",
                "The model's reply to a single item is longer than MODEL_REPLY_TOKENS allows.",
            )
        )
    if reply.finish is Finish.REFUSED:
        raise _TooMuchError(
            PermanentError(
                "model-refused", "The model, or its provider's filter, refuses to answer about an item."
            )
        )


def _require_answers(reading: Reading[_A]) -> Reading[_A]:
    if not reading.answers:
        raise BadReplyError("it answers none of the questions")
    return reading


def _results(futures: Sequence[Future[list[_A]]]) -> list[list[_A]]:
    errors = [error for each in futures if not each.cancelled() and (error := each.exception()) is not None]
    for error in errors:
        if isinstance(error, PermanentError):
            raise error
    if errors:
        raise errors[0]
    return [future.result() for future in futures]
