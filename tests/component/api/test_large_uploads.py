"""Files so large that the form's parser puts them on the disk."""

from __future__ import annotations

from functions.api.http.security import MAX_MULTIPART_FILE
from tests.support.api.client import PDF, Backend, Client, problem


def test_the_largest_file_of_a_form(alice: Client) -> None:
    assert alice.upload(PDF.ljust(MAX_MULTIPART_FILE, b" "), "a.pdf").status_code == 202


def test_a_larger_file_is_refused(backend: Backend, alice: Client) -> None:
    answer = alice.upload(PDF + b"x" * MAX_MULTIPART_FILE, "policy.pdf")
    assert problem(answer) == (413, "payload-too-large")
    assert backend.files.keys() == []
    assert backend.sent() == []
