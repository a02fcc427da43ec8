"""Text recognition (OCR) for pages, and pictures on pages, that have no text layer.

port.py says what an engine does, ppocr/ is the default engine; the rest is common to all engines: turning a
page upright, finding drawn lines, measuring the type, and laying the words out as a page.
"""
