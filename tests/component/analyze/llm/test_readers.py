"""A model translates and summarises on the job's account; what it gets wrong is told, or left out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.analyze.engines.llm.engine import ProviderEngine, RequestPolicy
from functions.analyze.engines.llm.port import BadReplyError
from functions.analyze.outputs.reader import ReaderDependencies
from functions.analyze.outputs.summary.by_model import ModelSummariser, SummaryForm
from functions.analyze.outputs.summary.extractive import Candidate
from functions.analyze.outputs.translation.by_model import BATCH_TOKENS, ModelTranslator, ParagraphForm
from functions.analyze.outputs.translation.port import Register, Wish
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from shared.jobs.model import Job, Status
from tests.support.fakes.model_server import MODEL, ModelServer
from tests.support.worlds.model_analysis import PRICE, ModelWorld

WISH = Wish("de", "en")


class Readers(ModelWorld):
    """The analyses of ``ModelWorld`` with the model as translator and summariser."""

    @property
    def tools(self) -> AnalysisDependencies:
        policy = RequestPolicy(prices=PRICE, sleep=self.waits.append)
        engine = ProviderEngine(self.providers[0], policy, self.rules)
        readers = ReaderDependencies([ModelTranslator(engine)], ModelSummariser(engine))
        return AnalysisDependencies(self.taxonomy, {"words": self.rules}, jobs=self.jobs, readers=readers)

    def read(self, **params: Any) -> Job:
        return self.run(engine="words", **params)


@pytest.fixture
def readers(server: ModelServer) -> Any:
    made = Readers(server)
    yield made
    made.close()


def made(job: Job) -> dict[str, Any]:
    assert job.result is not None, job.error
    return dict(job.result)


def test_a_document_comes_back_in_another_language(readers: Readers) -> None:
    job = readers.read(translate_to="de", summary=True, summary_sentences=3)
    told = made(job)["outputs"]
    assert (told["translation"]["provider"], told["translation"]["marked_pages"]) == ("openai", [])
    assert (told["summary"]["provider"], told["summary"]["language"]) == ("openai", "de")
    (page,) = readers.stored(job, "translation.json")["pages"]
    assert "<We pay for stolen luggage up to CHF 2'000 per person.>" in page["translated"].splitlines()
    assert len(readers.stored(job, "summary.json")["sentences"]) == 3


def test_what_was_used_is_told_with_the_result(readers: Readers) -> None:
    told = made(readers.read(translate_to="de"))
    usage = told["outputs"]["translation"]["usage"]
    assert usage["model"] == MODEL
    assert told["tokens"] == usage["tokens"]
    assert told["tokens"]["input"] > 0
    assert told["cost_usd"] == pytest.approx(
        (usage["tokens"]["input"] * 1.0 + usage["tokens"]["output"] * 10.0) / 1e6, abs=1e-6
    )


@pytest.mark.parametrize("fault", ["malformed", "prose", "truncated", "refusal", "empty_choices", "fenced"])
def test_one_bad_reply_is_asked_for_again(readers: Readers, fault: str) -> None:
    readers.server.faults = [fault]
    job = readers.read(translate_to="de")
    assert job.status is Status.COMPLETED
    assert "failed" not in made(job)["outputs"]["translation"]


def test_a_model_that_never_answers_rightly_is_a_warning(readers: Readers) -> None:
    readers.server.fault = lambda _prompt: "prose"
    told = made(readers.read(translate_to="de", summary=True))
    assert set(told["outputs"]["translation"]) == set(told["outputs"]["summary"]) == {"failed"}
    assert len(told["warnings"]) == 2
    assert "luggage" not in " ".join(told["warnings"])


def test_a_budget_stops_it(readers: Readers) -> None:
    told = made(readers.read(translate_to="de", token_budget=10))
    assert told["outputs"]["translation"]["failed"]["type"].endswith("budget-exceeded")


def test_lost_numbers_are_asked_for_again_and_then_marked(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.fakes import model_brain

    rightly, asked = model_brain.answer, []

    def answer(prompt: str) -> dict[str, Any]:
        asked.append(prompt)
        reply = rightly(prompt)
        for told in reply.get("paragraphs", ()):
            told["text"] = told["text"].replace("2'000", "3'000")
            if len(asked) == 1:
                told["text"] = re.sub(r"\d", "", told["text"])
        return reply

    monkeypatch.setattr(model_brain, "answer", answer)
    job = readers.read(translate_to="de")
    (page,) = readers.stored(job, "translation.json")["pages"]
    assert page["remarks"] == ["Numbers differ: missing 2000."]
    assert len(asked) == 2
    assert "stolen" in asked[1]
    assert "hospital stay" in asked[1]
    assert "doctor" not in asked[1]


def test_registers_are_told_apart() -> None:
    faithful, plain = (
        ParagraphForm(Wish("de", "en", register)).prompt(["Ein Satz."]).messages[0].text
        for register in Register
    )
    assert "faithfully" in faithful
    assert "plain en" in plain
    again = ParagraphForm(WISH, again=True).prompt(["x"]).messages[0].text
    assert "lost or changed" in again


def test_batches_are_bounded(readers: Readers) -> None:
    text = "# Long\n\n" + "\n\n".join(f"Paragraph {n} says {'word ' * 60}." for n in range(60))
    job = readers.read(text=text, translate_to="de")
    assert job.status is Status.COMPLETED
    assert len(readers.server.requests) > 3
    assert all(len(request.prompt.split()) < 3 * BATCH_TOKENS for request in readers.server.requests)


SENTENCES = [
    Candidate("We pay up to CHF 500.", 2, (), ()),
    Candidate("War is excluded.", 3, (), ()),
]


@pytest.mark.parametrize(
    ("sentence", "pages", "kept"),
    [
        ("Up to CHF 500 is paid.", [2], True),
        ("Up to CHF 500 is paid, not for war.", [2, 3], True),
        ("Up to CHF 5000 is paid.", [2], False),
        ("Up to CHF 500 is paid.", [3], False),
        ("War is excluded.", [4], False),
        ("War is excluded.", [], False),
        (" ", [3], False),
    ],
)
def test_a_sentence_needs_the_pages_that_say_it(sentence: str, pages: list[int], kept: bool) -> None:
    import json

    reply = json.dumps(
        {"sentences": [{"text": sentence, "pages": pages}, {"text": "War is excluded.", "pages": [3]}]}
    )
    reading = SummaryForm(5, "en").read(reply, [SENTENCES])
    assert [one.text for one in reading.answers[0]] == [*([sentence] if kept else []), "War is excluded."]
    assert reading.dropped == (0 if kept else 1)


def test_a_summary_that_nothing_proves_is_no_summary() -> None:
    with pytest.raises(BadReplyError, match="proven"):
        SummaryForm(5, "en").read('{"sentences": [{"text": "All is well.", "pages": [9]}]}', [SENTENCES])
