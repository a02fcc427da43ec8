"""The HTTP API: requests in, jobs out."""
