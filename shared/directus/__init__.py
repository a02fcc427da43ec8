"""Directus, the customer's CMS: a client for its REST and GraphQL interfaces."""

from shared.directus.client import MAX_DOWNLOAD, Directus
from shared.directus.errors import DirectusNotFoundError, DirectusRejectedError, DirectusTokenError
from shared.directus.model import PRODUCTS, Product, StoredFile
from shared.retry import RetryPolicy

__all__ = [
    "MAX_DOWNLOAD",
    "PRODUCTS",
    "Directus",
    "DirectusNotFoundError",
    "DirectusRejectedError",
    "DirectusTokenError",
    "Product",
    "RetryPolicy",
    "StoredFile",
]
