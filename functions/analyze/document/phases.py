"""The phases of an analysis, from the first page to the last finding, as readers of documents call them."""

from shared.jobs.model import PAGES, Phase

EXTRACTING = Phase("ocr_started", counts=PAGES)
RECOGNISING = Phase("ocr_started", "ocr_completed", counts=PAGES)
READ = Phase("ocr_completed")
