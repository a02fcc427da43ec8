"""Fuzzing of the extractors: damaged files by the thousand, each read or refused with a PermanentError."""
