"""Records of earlier formats are read as today's, and those of later ones are refused."""

from __future__ import annotations

import pytest

from shared.aws.dynamodb import formats
from shared.aws.dynamodb.job_items import job_from_item, job_to_item
from shared.aws.dynamodb.values import from_attributes, to_attributes
from tests.support import first_release

RECORDS = {
    item["job_id"]["S"]: item
    for item in first_release.ITEMS
    if item["sk"] == {"S": "JOB"} and "job_id" in item
}


@pytest.mark.parametrize("name", first_release.JOBS)
def test_a_job_of_the_first_release_is_read(name: str) -> None:
    expected = first_release.JOBS[name]
    job = job_from_item(from_attributes(RECORDS[expected.job_id]))
    assert job.state_since is not None
    assert first_release.Expected(
        job.job_id,
        job.status.value,
        job.resend_count,
        job.last_request,
        job.state_since.isoformat(),
        job.version,
    ) == (expected)


@pytest.mark.parametrize("name", first_release.JOBS)
def test_only_the_names_have_changed(name: str) -> None:
    old = RECORDS[first_release.JOBS[name].job_id]
    new = to_attributes(job_to_item(job_from_item(from_attributes(old))))
    renamed = {formats.JOB_NAMES.get(key, key): value for key, value in old.items()}
    # The index goes by the old name, as long as a job waits or is worked on.
    assert new.pop("since", None) == (old["since"] if "activity_shard" in old else None)
    assert new.pop("format") == {"N": str(formats.FORMAT)}
    assert new == renamed


def test_a_later_format_is_refused_with_a_clear_word() -> None:
    item = from_attributes(next(iter(RECORDS.values()))) | {"format": formats.FORMAT + 1}
    with pytest.raises(formats.NewerFormatError, match="Update the deployment"):
        job_from_item(item)
