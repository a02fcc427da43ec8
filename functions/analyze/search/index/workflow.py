"""The output ``index``: passages, vectors and tree of an analysed document, then its place on the shelf.

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

from functions.analyze.document.codec import document_from_dict
from functions.analyze.search.index import tree
from functions.analyze.search.index.summaries import summary_of
from functions.analyze.search.index.tree import Node
from functions.analyze.search.passages import Passage, passages_from_json, passages_of, passages_to_json
from shared.documents.extractions import extraction_gone
from shared.documents.model import DocumentGoneError
from shared.errors import PermanentError
from shared.files import keys
from shared.files.port import FileMissingError
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
    shelf: SearchIndexStore
    vectors: VectorStore


class IndexWorkflow:
    """One run over one document; the parameter ``understood`` is the prefix of its files."""

    revision = 1

    def __init__(self, run: Run, tools: IndexDependencies) -> None:
        self._run = run
        self._tools = tools

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
        """Take the document off the shelf, where it is this job's, and remove what this job wrote."""
        IndexRemover(self._tools.shelf, self._tools.vectors, self._run.files).forget_job(self._run.job)

    def _find_passages(self, _index: int) -> dict[str, Any]:
        """Cut the document into passages, and note what else the entry says of it."""
        found = passages_of(self._document)
        return {
            "language": self._document.language,
            "model": self._tools.embeddings.name,
            "batch": self._tools.embeddings.batch,
            "passages": passages_to_json(found),
        }

    def _count_batches(self) -> int:
        return math.ceil(len(self._passages) / self._batch)

    def _embedded(self, batches: int) -> int:
        return min(batches * self._batch, len(self._passages))

    def _embed(self, index: int) -> str:
        """Return the vectors of a batch, as base64 of float32."""
        self._require_same_model()
        batch = self._passages[index * self._batch : (index + 1) * self._batch]
        rows = self._tools.embeddings.passages([passage.in_context for passage in batch])
        return base64.b64encode(rows.astype("<f4").tobytes()).decode()

    def _count_nodes(self) -> int:
        return math.ceil(len(self._nodes) / NODES_PER_UNIT)

    def _summarise(self, index: int) -> list[str]:
        """Return the summaries of some nodes."""
        self._require_same_model()
        nodes = self._nodes[index * NODES_PER_UNIT : (index + 1) * NODES_PER_UNIT]
        return [summary_of(node, self._passages, self._vectors, self._tools.embeddings) for node in nodes]

    def _store(self, _index: int) -> dict[str, Any]:
        """Write the files, then the entry that makes them count; then remove those of the entry before."""
        entry = self._entry()
        summaries = [summary for unit in self._run.outputs("build_tree") for summary in unit]
        for node, summary in zip(self._nodes, summaries, strict=True):
            node.summary = summary
        self._put(keys.tree(entry.prefix), tree.to_json(self._root, self._passages))
        self._put(keys.passages(entry.prefix), passages_to_json(self._passages))
        self._tools.vectors.put(entry, self._vectors)
        try:
            earlier = self._tools.shelf.put(entry)
        except (FencedError, DocumentGoneError, SupersededError):
            # Nobody else would ever look for them. After any other error the entry may be on the shelf.
            self._remove(entry)
            raise
        if earlier is not None and earlier.prefix != entry.prefix:
            self._remove(earlier)
        return {
            "document_id": entry.document_id,
            "passages": entry.passages,
            "nodes": len(self._nodes),
            "model": entry.model,
        }

    def _remove(self, entry: IndexEntry) -> None:
        self._tools.vectors.remove(entry)
        self._run.files.delete_prefix(entry.prefix)

    def _entry(self) -> IndexEntry:
        job = self._run.job
        return IndexEntry(
            owner=job.owner,
            document_id=job.document_id,
            job_id=job.job_id,
            fence=job.fence,
            source_job_id=job.source_job_id,
            model=self._found["model"],
            passages=len(self._passages),
            language=self._found["language"],
            file_name=str(job.params.get("file_name") or job.params.get("product_name") or ""),
            product_id=job.product_id,
            case_id=job.case_id,
            expires_at=job.expires_at,
        )

    def _require_same_model(self) -> None:
        """Refuse to mix vectors: another release, or another setting, may have begun this job."""
        if self._found["model"] != self._tools.embeddings.name:
            raise PermanentError(
                "embeddings-changed",
                f"The index was begun with {self._found['model']!r}, and the deployment now has "
                f"{self._tools.embeddings.name!r}. Try the job again: a new one begins anew.",
            )

    def _put(self, key: str, value: Any) -> None:
        self._run.files.put(key, json.dumps(value, ensure_ascii=False).encode(), _JSON)

    @property
    def _found(self) -> dict[str, Any]:
        found: dict[str, Any] = self._run.outputs("passages")[0]
        return found

    @property
    def _batch(self) -> int:
        batch: int = self._found["batch"]
        return batch

    @cached_property
    def _document(self) -> Document:
        key = f"{self._run.params['understood']}document.json"
        try:
            return document_from_dict(json.loads(self._run.files.get(key)))
        except FileMissingError as error:
            raise extraction_gone() from error

    @cached_property
    def _passages(self) -> list[Passage]:
        return passages_from_json(self._found["passages"])

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
