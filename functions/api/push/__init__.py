"""Pushing events to WebSocket clients, for whom the event stream is too slow."""
