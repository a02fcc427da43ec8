"""Jobs, files and a queue in memory: what the evaluation runs on, and tests."""
