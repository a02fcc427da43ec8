"""The command line: ``clauseworks``, for work with documents and jobs from a terminal."""
