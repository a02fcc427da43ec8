"""Translation of a document, page by page, by whichever provider offers the pair of languages."""
