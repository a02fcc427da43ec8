"""Pushing events to WebSocket clients, for those whom the event stream is too slow."""
