"""Extraction of PDF files with a text layer, on PDFium."""
