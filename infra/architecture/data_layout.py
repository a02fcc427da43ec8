"""What lies in the table and in the bucket, as Markdown tables for docs/architecture.md.

Counts within keys stand as 7, filled up with zeros as they are stored.

    python -m infra.architecture.data_layout
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.files import keys as files


def dynamodb_table() -> str:
    """Return the kinds of items of the DynamoDB table, as a Markdown table."""
    from shared.aws.dynamodb import keys

    head = ("pk", "sk", "What", "Written by", "Read by", "Goes")
    rows = (
        (
            _code(kind.key["pk"]),
            _code(kind.key["sk"]),
            kind.content,
            kind.written_by,
            kind.read_by,
            kind.removed,
        )
        for kind in keys.LAYOUT
    )
    return _table(head, rows)


def dynamodb_indexes() -> str:
    """Return the indexes of the DynamoDB table, as a Markdown table."""
    from shared.aws.dynamodb import keys

    head = ("Index", "Partition key", "Sort key", "What is in it", "Read by")
    rows = (
        (_code(index.name), _code(index.partition), _code(index.sort), index.content, index.read_by)
        for index in keys.INDEXES
    )
    return _table(head, rows)


def s3_table() -> str:
    """Return the kinds of objects of the bucket, as a Markdown table."""
    head = ("Key", "What", "Written by", "Read by", "Goes")
    rows = (
        (_code(kind.key), kind.content, kind.written_by, kind.read_by, kind.removed) for kind in files.LAYOUT
    )
    return _table(head, rows)


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    """Return a text whose bars end no cell."""
    return text.replace("|", r"\|")


if __name__ == "__main__":
    print(f"{dynamodb_table()}\n{dynamodb_indexes()}\n{s3_table()}", end="")
