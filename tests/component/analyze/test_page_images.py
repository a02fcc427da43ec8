"""Pictures of the pages, as a part of an output job: made of the bytes that were read, bounded, removable."""

from __future__ import annotations

import io
import json
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.analyze.document.extraction_files import EXTRACTION
from functions.analyze.document.source_file import SourceFile
from functions.analyze.extract import DEFAULT_LIMITS, ExtractionLimits, open_source
from functions.analyze.extract.bitmap import FOR_PEOPLE, FOR_RECOGNITION, Look
from functions.analyze.extract.source import Visible
from functions.analyze.outputs.page_images import PageImages
from functions.analyze.outputs.report.highlight import highlight
from functions.analyze.outputs.workflow import OutputWorkflow
from shared.clock import utc_now
from shared.files import keys
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Runner
from shared.jobs.store import edit
from shared.memory.files import sha256_of
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.memory.faults import no_fault
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyQueue

PREFIX = "documents/d1/understood/j1.1/"
KEY = "documents/d1/original"


@dataclass
class World:
    """An output job about a document that an analysis has understood."""

    jobs: FaultyJobs = field(default_factory=FaultyJobs)
    files: FaultyFiles = field(default_factory=FaultyFiles)
    limits: ExtractionLimits = DEFAULT_LIMITS

    def submit(self, data: bytes, name: str, media_type: str, pages: int, parameter: str = EXTRACTION) -> Job:
        stored = self.files.put(KEY, data, media_type)
        found = SourceFile(KEY, stored.version_id, name, media_type, sha256_of(iter([data])))
        about = {"original": found.to_json(), "media_type": media_type, "pages": pages}
        self.files.put(keys.about(PREFIX), json.dumps(about).encode(), "application/json")
        params = {"document_id": "d1", "outputs": ["images"], parameter: PREFIX}
        job = Job(uuid7(), Kind.OUTPUT, Owner("directus", "u1"), params, utc_now(), utc_now())
        return self.jobs.create(states.submitted(job, "u1"))

    def deliver(self, job: Job, remaining: Any = lambda: 1000.0) -> Outcome:
        makers = {"images": lambda run: PageImages(run, self.limits)}
        workflows = {Kind.OUTPUT: lambda run: OutputWorkflow(run, makers)}
        runner = Runner(self.jobs, self.files, FaultyQueue(), workflows)
        return runner.handle(JobMessage(job.job_id, Kind.OUTPUT), remaining)

    def drawn(self, data: bytes, name: str, media_type: str, pages: int) -> int:
        """Do the whole job; return how many pages have a picture."""
        ended = self.deliver(self.submit(data, name, media_type, pages)).job
        assert ended is not None
        assert ended.status is Status.COMPLETED, ended.error
        assert ended.result is not None
        return int(ended.result["images"]["images"])

    def note(self, number: int) -> dict[str, Any]:
        note: dict[str, Any] = json.loads(self.files.get(keys.image_note(PREFIX, number)))
        return note

    def picture(self, number: int) -> Image.Image:
        return Image.open(io.BytesIO(self.files.get(keys.image(PREFIX, number, "webp"))))

    def shade(self, number: int) -> NDArray[np.uint8]:
        """Return how bright the picture of a page is, rows by columns."""
        return np.asarray(self.picture(number).convert("L"))

    def pictures(self) -> list[str]:
        keys = self.files.keys()
        return [key for key in keys if key.startswith(f"{PREFIX}images/") and key.endswith(".webp")]


@pytest.fixture
def world() -> World:
    return World()


def pdf(count: int = 1, rotate: int = 0) -> bytes:
    sheets = (Sheet().color(1, 0, 0).text(50, 100, f"Page {n}", size=24) for n in range(1, count + 1))
    return write_pdf(*sheets, rotate=rotate)


def scan(form: str, size: tuple[int, int] = (850, 1100), frames: int = 1, **how: Any) -> bytes:
    """Return an image file whose frames are white, with a black corner at the top left."""
    pages = []
    for _ in range(frames):
        page = Image.new("RGB", size, "white")
        page.paste((0, 0, 0), (0, 0, size[0] // 4, size[1] // 4))
        pages.append(page)
    more = {"save_all": True, "append_images": pages[1:]} if frames > 1 else {}
    data = io.BytesIO()
    pages[0].save(data, form, **more, **how)
    return data.getvalue()


def test_a_job_of_the_first_release_is_done(world: World) -> None:
    outcome = world.deliver(world.submit(pdf(), "p.pdf", "application/pdf", 1, parameter="understood"))
    assert outcome.ending is Ending.COMPLETED
    assert len(world.pictures()) == 1


def test_every_page_of_a_pdf_has_its_picture_with_its_size(world: World) -> None:
    assert world.drawn(pdf(11), "p.pdf", "application/pdf", 11) == 11
    assert len(world.pictures()) == 11
    note, picture = world.note(11), world.picture(11)
    assert (note["width"], note["height"]) == picture.size == (992, 1403)
    assert note["scale"] == pytest.approx(120 / 72, rel=1e-3)
    assert note["media_type"] == "image/webp"
    red = np.asarray(picture.convert("RGB")).astype(int)
    assert (red[..., 0] - red[..., 1]).max() > 200


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_boxes_in_points_times_the_scale_are_where_the_text_is(world: World, rotate: int) -> None:
    data = pdf(1, rotate)
    world.drawn(data, "p.pdf", "application/pdf", 1)
    source = open_source(data, "p.pdf")
    (page,) = source.pages(1, 1)
    shade = world.shade(1)
    scale = world.note(1)["scale"]
    assert shade.shape == (round(page.height * scale), round(page.width * scale))
    rows, columns = np.nonzero(shade < 200)
    x0, top = (min(word.box[axis] for word in page.words) * scale for axis in (0, 1))
    x1, bottom = (max(word.box[axis] for word in page.words) * scale for axis in (2, 3))
    assert x0 - 2 <= columns.min()
    assert columns.max() <= x1 + 2
    assert top - 2 <= rows.min()
    assert rows.max() <= bottom + 2
    assert (columns.max() - columns.min()) * (rows.max() - rows.min()) > 0.4 * (x1 - x0) * (bottom - top)


@pytest.mark.parametrize(
    ("form", "name", "media_type", "frames"),
    [
        ("PNG", "p.png", "image/png", 1),
        ("JPEG", "p.jpg", "image/jpeg", 1),
        ("TIFF", "p.tiff", "image/tiff", 3),
    ],
)
def test_images_have_pictures_too(world: World, form: str, name: str, media_type: str, frames: int) -> None:
    assert world.drawn(scan(form, frames=frames, dpi=(100, 100)), name, media_type, frames) == frames
    note, picture = world.note(frames), world.picture(frames)
    # A hundred dots an inch are not made more.
    assert picture.size == (note["width"], note["height"]) == (850, 1100)
    assert note["scale"] == pytest.approx(100 / 72, rel=1e-3)
    shade = world.shade(frames)
    assert shade[50, 50] < 30
    assert shade[600, 600] > 225


def test_a_photo_is_shown_the_way_it_was_held(world: World) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    world.drawn(scan("JPEG", exif=exif, dpi=(100, 100)), "p.jpg", "image/jpeg", 1)
    shade = world.shade(1)
    assert shade.shape == (850, 1100)
    assert shade[50, 1050] < 30
    assert shade[50, 50] > 225


@pytest.mark.parametrize("size", [(2400, 2400), (14_400, 200), (72, 14_400)], ids=str)
def test_pictures_are_bounded_whatever_the_size_of_the_page(world: World, size: tuple[int, int]) -> None:
    data = pdf().replace(b"[0 0 595.0 842.0]", b"[0 0 %d %d]" % size)
    assert world.drawn(data, "p.pdf", "application/pdf", 1) == 1
    width, height = world.picture(1).size
    assert width * height <= FOR_PEOPLE.most_pixels * 1.01
    assert max(width, height) <= 16_001
    assert world.note(1)["scale"] == pytest.approx(width / size[0], rel=0.02)


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (b"Text", "p.txt", "text/plain"),
        (b"# Text", "p.md", "text/markdown"),
        (b"<p>T</p>", "p.html", "text/html"),
    ],
)
def test_formats_without_a_look_have_none(world: World, data: bytes, name: str, media_type: str) -> None:
    assert world.drawn(data, name, media_type, 1) == 0
    assert world.pictures() == []


def test_a_page_that_cannot_be_shown_is_passed_over() -> None:
    world = World(limits=ExtractionLimits(max_image_pixels=399))
    huge = Sheet()
    huge.parts.append(f"q 595 0 0 842 0 0 cm BI /W 20 /H 20 /BPC 8 /CS /G ID {'x' * 400} EI Q")
    data = write_pdf(Sheet().text(50, 100, "One"), huge, Sheet().text(50, 100, "Three"))
    assert world.drawn(data, "p.pdf", "application/pdf", 3) == 2
    assert [key[-11:] for key in world.pictures()] == ["000001.webp", "000003.webp"]


def test_goes_on_over_invocations_and_repeating_writes_the_same(world: World) -> None:
    job = world.submit(pdf(11), "p.pdf", "application/pdf", 11)
    endings = []
    for _ in range(5):
        ticks = iter([1000.0, 0.0])
        endings.append(world.deliver(job, lambda ticks=ticks: next(ticks, 0.0)).ending)
        if endings[-1] is not Ending.CONTINUED:
            break
    assert endings == [*[Ending.CONTINUED] * 2, Ending.COMPLETED]
    first = [world.files.get(key) for key in world.pictures()]
    assert len(first) == 11
    assert world.drawn(pdf(11), "p.pdf", "application/pdf", 11) == 11
    assert [world.files.get(key) for key in world.pictures()] == first


def test_cancelling_removes_the_pictures_and_nothing_else(world: World) -> None:
    job = world.submit(pdf(11), "p.pdf", "application/pdf", 11)
    ticks = iter([1000.0, 0.0])
    world.deliver(job, lambda: next(ticks, 0.0))
    assert world.pictures()
    edit(world.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "u1"))
    assert world.deliver(job).ending is Ending.CANCELLED
    assert world.files.keys() == sorted([KEY, keys.about(PREFIX)])


def test_a_removal_that_overtakes_the_work_leaves_no_pictures(world: World) -> None:
    job = world.submit(pdf(), "p.pdf", "application/pdf", 1)

    def remove(operation: str) -> None:
        if operation == "files.put" and world.pictures():
            world.files.fault = no_fault
            world.files.delete_prefix(keys.about(PREFIX))

    world.files.fault = remove
    ended = world.deliver(job).job
    assert ended is not None
    assert ended.error is not None
    assert ended.error["type"].endswith(":source-gone")
    assert world.files.keys() == [KEY]


@pytest.mark.parametrize(
    ("lost", "problem"), [(keys.about(PREFIX), "source-gone"), (KEY, "file-missing")], ids=["about", "bytes"]
)
def test_what_is_gone_is_said(world: World, lost: str, problem: str) -> None:
    job = world.submit(pdf(), "p.pdf", "application/pdf", 1)
    world.files.delete_prefix(lost)
    ended = world.deliver(job).job
    assert ended is not None
    assert ended.error is not None
    assert (ended.status, ended.error["type"].rpartition(":")[2]) == (Status.FAILED, problem)


@pytest.mark.parametrize("look", [FOR_RECOGNITION, FOR_PEOPLE], ids=["grey", "colour"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK"])
def test_scans_of_any_colours_are_seen(mode: str, look: Look) -> None:
    paper = Image.new("L", (300, 200), 255)
    paper.paste(0, (100, 50, 200, 150))
    out = io.BytesIO()
    paper.convert(mode).save(out, "PDF", resolution=100)
    source = open_source(out.getvalue(), "scan.pdf")
    assert isinstance(source, Visible)
    pixels = source.bitmap(1, look=look).pixels
    source.close()
    rows, columns = pixels.shape[:2]
    assert pixels[rows // 2, columns // 2].max() < 40
    assert pixels[rows // 10, columns // 10].min() > 215


def test_boxes_are_marked_as_with_a_marker() -> None:
    source = open_source(pdf(), "p.pdf")
    assert isinstance(source, Visible)
    (page,) = source.assemble(source.pages(1, 1)).pages
    (block,) = page.blocks
    bitmap = source.bitmap(1, look=FOR_PEOPLE)
    marked = highlight(bitmap, page.boxes(block.start, block.end))
    changed = (marked.pixels != bitmap.pixels).any(axis=2)
    assert changed.any()
    rows, columns = np.nonzero(changed)
    (box,) = page.boxes(block.start, block.end)
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * bitmap.scale
    assert np.abs(found - np.array(box)).max() < 2 * bitmap.scale
    # Outside the page there is nothing to mark.
    assert highlight(bitmap, [(5000.0, 5000.0, 6000.0, 6000.0)]).pixels.shape == bitmap.pixels.shape


@pytest.mark.parametrize("look", [FOR_RECOGNITION, FOR_PEOPLE], ids=["grey", "colour"])
@pytest.mark.parametrize("name", ["p.pdf", "p.png"])
def test_a_page_is_shown_in_grey_and_in_colour(name: str, look: Look) -> None:
    data = pdf() if name == "p.pdf" else scan("PNG", dpi=(200, 200))
    with closing(open_source(data, name)) as source:
        assert isinstance(source, Visible)
        bitmap = source.bitmap(1, look=look)
        (page,) = source.pages(1, 1)
    shape = tuple(round(length / bitmap.scale) for length in (page.height, page.width))
    assert bitmap.pixels.shape == ((*shape, 3) if look.colour else shape)
    assert bitmap.scale == pytest.approx(72 / look.resolution, rel=0.01)
    assert bitmap.pixels.min() < 100
    assert bitmap.pixels[-1, -1].min() == 255
