"""Building the functions' images from their Dockerfiles."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from infra.local.docker import engine
from infra.local.errors import LocalError
from infra.local.paths import Paths

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Image:
    """A built image; ``size`` and ``own`` (what it adds to its base) in bytes."""

    image_id: str
    tag: str
    size: int
    own: int


def functions(paths: Paths) -> list[str]:
    """Return the names of the functions that have a Dockerfile."""
    return sorted(path.parent.name for path in (paths.root / "functions").glob("*/Dockerfile"))


def tag_of(function: str) -> str:
    """Return the tag of a function's image; without a slash, which `sam local` does not take."""
    return f"clauseworks-{function}:latest"


def build_images(paths: Paths, base: str) -> dict[str, Image]:
    """Build the image of every function, and return them by the function's name."""
    names = functions(paths)
    with ThreadPoolExecutor() as pool:
        ids = list(pool.map(lambda name: _build(paths, base, name), names))
    return {name: _image(name, image_id, base) for name, image_id in zip(names, ids, strict=True)}


def built_images(paths: Paths, base: str) -> dict[str, Image]:
    """Return the images as they were last built; raise LocalError where one is missing."""
    missing = [name for name in functions(paths) if not engine.exists(tag_of(name))]
    if missing:
        raise LocalError(f"no image of {', '.join(missing)}: run `make images` first")
    return {name: _image(name, tag_of(name), base) for name in functions(paths)}


def table(images: Mapping[str, Image]) -> str:
    """Return the images with their sizes, one a line."""
    return "\n".join(
        f"{image.tag:28} {image.size / MEGABYTE:6.0f} MB, {image.own / MEGABYTE:6.0f} MB over its base"
        for image in images.values()
    )


def _build(paths: Paths, base: str, function: str) -> str:
    dockerfile = paths.root / "functions" / function / "Dockerfile"
    arguments = [f"BASE_IMAGE={base}"]
    return engine.build(paths.root, dockerfile=dockerfile, tag=tag_of(function), arguments=arguments)


def _image(function: str, image_id: str, base: str) -> Image:
    size = engine.size_of(image_id)
    return Image(image_id, tag_of(function), size, size - engine.size_of(base))
