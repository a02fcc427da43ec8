"""The output ``index``: passages, vectors and tree of an analysed document, then its entry in the index.

    passages -> embed -> build_tree -> store_vectors

It follows from the analysis and never delays it; a batch of passages is a unit, so that a long document goes
on over as many invocations as it needs.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from functions.analyze.document import extraction_files
from functions.analyze.document.codec import document_from_dict
from functions.analyze.search.index import tree
from functions.analyze.search.index.summaries import summary_of
from functions.analyze.search.index.tree import Node
from functions.analyze.search.passages import Passage, passages_from_json, passages_of, passages_to_json
from shared.documents.model import DocumentGoneError
from shared.errors import PermanentError
from shared.files import keys
from shared.jobs.states import FencedError
from shared.jobs.workflow import Run, Stage
from shared.search.index import IndexEntry, IndexRemover, SearchIndexStore, SupersededError

if TYPE_CHECKING:
    from functions.analyze.document.model import Document
    from functions.analyze.search.embeddings.port import Embeddings, Matrix
    from functions.analyze.search.vectors import VectorStore

_JSON = "application/json"
NODES_PER_UNIT = 10


@dataclass(frozen=True, slots=True)
class IndexDependencies:
    """What every index of a process is made with."""

    embeddings: Embeddings
    index: SearchIndexStore
    vectors: VectorStore


class IndexWorkflow:
    """One run over the extraction of one document, which the job's parameters name."""

    revision = 1

    def __init__(self, run: Run, dependencies: IndexDependencies) -> None:
        self._run = run
        self._dependencies = dependencies

    @property
    def stages(self) -> Sequence[Stage]:
        """See Workflow; a batch of passages takes two seconds, a summary half a second."""
        return (
            Stage("passages", 2, lambda: 1, self._find_passages),
            Stage("embed", 70, self._count_batches, self._embed, self._embedded),
            Stage("build_tree", 25, self._count_nodes, self._summarise),
            Stage("store_vectors", 3, lambda: 1, self._store),
        )

    def finish(self) -> Mapping[str, Any]:
        """Return what was indexed."""
        return dict(self._run.outputs("store_vectors")[0])

    def undo(self) -> None:
        """Take the document out of the index, where it is this job's, and remove what this job wrote."""
        IndexRemover(self._dependencies.index, self._dependencies.vectors, self._run.files).forget_job(
            self._run.job
        )

    def _find_passages(self, _index: int) -> dict[str, Any]:
        """Cut the document into passages, and note what else the entry says of it."""
        return {
            "language": self._document.language,
            "model": self._dependencies.embeddings.name,
            "batch": self._dependencies.embeddings.batch,
            "passages": passages_to_json(passages_of(self._document)),
        }

    def _count_batches(self) -> int:
        return math.ceil(len(self._passages) / self._batch)

    def _embedded(self, batches: int) -> int:
        return min(batches * self._batch, len(self._passages))

    def _embed(self, index: int) -> str:
        """Return the vectors of a batch, as base64 of float32."""
        self._require_same_model()
        batch = self._passages[index * self._batch : (index + 1) * self._batch]
        rows = self._dependencies.embeddings.passages([passage.in_context for passage in batch])
        return base64.b64encode(rows.astype("<f4").tobytes()).decode()

    def _count_nodes(self) -> int:
        return math.ceil(len(self._nodes) / NODES_PER_UNIT)

    def _summarise(self, index: int) -> list[str]:
        """Return the summaries of some nodes."""
        self._require_same_model()
        nodes = self._nodes[index * NODES_PER_UNIT : (index + 1) * NODES_PER_UNIT]
        return [
            summary_of(node, self._passages, self._vectors, self._dependencies.embeddings) for node in nodes
        ]

    def _store(self, _index: int) -> dict[str, Any]:
        """Write the files, then the entry that makes them count; then remove those of the entry before."""
        entry = self._entry()
        summaries = [summary for unit in self._run.outputs("build_tree") for summary in unit]
        for node, summary in zip(self._nodes, summaries, strict=True):
            node.summary = summary
        self._put(keys.tree(entry.prefix), tree.to_json(self._root, self._passages))
        self._put(keys.passages(entry.prefix), passages_to_json(self._passages))
        self._dependencies.vectors.put(entry, self._vectors)
        try:
            previous = self._dependencies.index.put(entry)
        except (FencedError, DocumentGoneError, SupersededError):
            # Nothing else would ever look for them. After any other error the entry may be in the index.
            self._remove(entry)
            raise
        if previous is not None and previous.prefix != entry.prefix:
            self._remove(previous)
        return {
            "document_id": entry.document_id,
            "passages": entry.passages,
            "nodes": len(self._nodes),
            "model": entry.model,
        }

    def _remove(self, entry: IndexEntry) -> None:
        self._dependencies.vectors.remove(entry)
        self._run.files.delete_prefix(entry.prefix)

    def _entry(self) -> IndexEntry:
        job = self._run.job
        return IndexEntry(
            owner=job.owner,
            document_id=job.document_id,
            job_id=job.job_id,
            fence=job.fence,
            source_job_id=job.source_job_id,
            model=self._cut["model"],
            passages=len(self._passages),
            language=self._cut["language"],
            file_name=str(job.params.get("file_name") or job.params.get("product_name") or ""),
            product_id=job.product_id,
            case_id=job.case_id,
            expires_at=job.expires_at,
        )

    def _require_same_model(self) -> None:
        """Refuse to mix vectors: another release, or another setting, may have begun this job."""
        if self._cut["model"] != self._dependencies.embeddings.name:
            raise PermanentError(
                "embeddings-changed",
                f"The index was begun with {self._cut['model']!r}, and the deployment now has "
                f"{self._dependencies.embeddings.name!r}. Try the job again: a new one begins anew.",
            )

    def _put(self, key: str, value: Any) -> None:
        self._run.files.put(key, json.dumps(value, ensure_ascii=False).encode(), _JSON)

    @property
    def _cut(self) -> dict[str, Any]:
        cut: dict[str, Any] = self._run.outputs("passages")[0]
        return cut

    @property
    def _batch(self) -> int:
        batch: int = self._cut["batch"]
        return batch

    @cached_property
    def _document(self) -> Document:
        key = keys.extracted_document(extraction_files.prefix_of(self._run))
        return document_from_dict(extraction_files.read_json(self._run, key))

    @cached_property
    def _passages(self) -> list[Passage]:
        return passages_from_json(self._cut["passages"])

    @cached_property
    def _vectors(self) -> Matrix:
        import numpy as np

        data = b"".join(base64.b64decode(unit) for unit in self._run.outputs("embed"))
        count = len(self._passages)
        # A document without text has no passages, and rows without columns.
        rows: Matrix = np.frombuffer(data, dtype="<f4").reshape(count, -1 if count else 0)
        return rows

    @cached_property
    def _root(self) -> Node:
        return tree.build(self._document, self._passages, self._vectors)

    @cached_property
    def _nodes(self) -> list[Node]:
        return list(self._root.walk())
