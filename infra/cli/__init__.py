"""The command line: ``clauseworks``, for whoever works with documents and jobs from a terminal."""
