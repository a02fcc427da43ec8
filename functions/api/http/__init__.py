"""HTTP itself: the application, the gateway's events, problems, tokens, caching, the OpenAPI document."""
