"""Directus, the customer's CMS: a client for its REST and GraphQL interfaces."""

from shared.directus.client import Directus
from shared.directus.errors import DirectusNotFoundError, DirectusTokenError
from shared.directus.model import PRODUCTS, Product
from shared.directus.retry import RetryPolicy

__all__ = [
    "PRODUCTS",
    "Directus",
    "DirectusNotFoundError",
    "DirectusTokenError",
    "Product",
    "RetryPolicy",
]
