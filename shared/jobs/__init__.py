"""Jobs: the record, its transitions, its store and the runner that executes it."""
