"""Webhooks and e-mail as callers and operators see them."""
