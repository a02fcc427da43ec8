"""The addresses that are signed for browsers: regional host names on AWS, paths on emulators."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.api.routes.console import origin
from shared.aws.clients import client
from shared.aws.s3 import S3Files

# Frankfurt answers the global name after a day; Zurich, Milan and Hong Kong, opened later, never do.
REGIONS = ("us-east-1", "eu-central-1", "eu-central-2", "eu-south-1", "ap-east-1", "ap-southeast-2")
BUCKET = "clauseworks-documents-1a2b"


@pytest.fixture(autouse=True)
def clients_of_this_test() -> Iterator[None]:
    client.cache_clear()
    yield
    client.cache_clear()


def addresses(files: S3Files) -> tuple[str, str]:
    """Return where a link and a form lead."""
    link = files.link("jobs/1/result.json", file_name="r.json", media_type="application/json", seconds=60)
    form = files.upload_form("documents/1", media_type="application/pdf", max_size=10, seconds=60)
    return link, form.url


@pytest.mark.parametrize("region", REGIONS)
def test_links_and_forms_name_the_region(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    files = S3Files(BUCKET)
    host = f"https://{BUCKET}.s3.{region}.amazonaws.com"
    link, form = addresses(files)

    assert link.startswith(f"{host}/jobs/1/result.json?")
    assert f"/{region}/s3/" in parse_qs(urlsplit(link).query)["X-Amz-Credential"][0]
    assert form == f"{host}/"
    # What the console's page allows is where uploads go and pictures come from.
    assert origin(files) == host


def test_china_has_its_own_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert addresses(S3Files(BUCKET))[1] == f"https://{BUCKET}.s3.cn-north-1.amazonaws.com.cn/"


def test_an_endpoint_of_aws_for_browsers_has_host_names_too() -> None:
    files = S3Files(BUCKET, "http://127.0.0.1:4566", "https://s3.eu-central-2.amazonaws.com")
    link, form = addresses(files)
    assert link.startswith(f"https://{BUCKET}.s3.eu-central-2.amazonaws.com/jobs/")
    assert form == f"https://{BUCKET}.s3.eu-central-2.amazonaws.com/"


@pytest.mark.parametrize(
    ("endpoint", "public", "named"),
    [
        ("http://127.0.0.1:4566", "", "http://127.0.0.1:4566"),
        ("http://localstack:4566", "http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("", "https://files.example.com", "https://files.example.com"),
        ("", "https://amazonaws.com.example.com", "https://amazonaws.com.example.com"),
    ],
)
def test_other_endpoints_have_paths(endpoint: str, public: str, named: str) -> None:
    files = S3Files(BUCKET, endpoint, public)
    link, form = addresses(files)
    assert link.startswith(f"{named}/{BUCKET}/jobs/1/result.json?")
    assert form == f"{named}/{BUCKET}"
    assert origin(files) == named
