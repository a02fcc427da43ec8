"""The model that comes with the package: what it knows, and what it can be given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.analyze.search.embeddings.local import LocalEmbeddings

MODEL = LocalEmbeddings(threads=1)
PASSAGES = [
    "Verspätet sich das aufgegebene Gepäck, zahlen wir notwendige Anschaffungen.",
    "Der Versicherer organisiert die Pannenhilfe und das Abschleppen des Fahrzeugs.",
    "Bei Annullierung der Reise wegen Krankheit vergüten wir die Kosten.",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Mein Koffer kam zu spät an", 0),
        ("My suitcase arrived late", 0),
        ("Ma valise est arrivée en retard", 0),
        ("Who tows my car after a breakdown?", 1),
        ("annulation du voyage pour cause de maladie", 2),
    ],
)
def test_questions_in_three_languages_find_a_german_passage(question: str, answer: int) -> None:
    assert int((MODEL.passages(PASSAGES) @ MODEL.query(question)).argmax()) == answer


def test_vectors_have_length_one_and_are_the_same_each_time() -> None:
    rows = MODEL.passages(PASSAGES)
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.array_equal(rows, MODEL.passages(PASSAGES))


def test_a_batch_is_what_its_texts_are_alone() -> None:
    together = MODEL.passages(PASSAGES)
    assert np.allclose(together, np.stack([MODEL.passages([text])[0] for text in PASSAGES]), atol=1e-3)


def test_several_threads_may_ask_at_once() -> None:
    expected = MODEL.passages(PASSAGES)
    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(MODEL.passages, [PASSAGES] * 8):
            assert np.array_equal(rows, expected)


def test_a_text_far_longer_than_the_model_reads() -> None:
    assert MODEL.passages(["Selbstbehalt und Wartefrist. " * 2000]).shape == (1, 384)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=200), min_size=1, max_size=3))
def test_any_text_gives_finite_vectors(texts: list[str]) -> None:
    assert np.isfinite(MODEL.passages(texts)).all()
