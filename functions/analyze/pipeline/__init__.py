"""The analysis as a workflow: its stages, what they publish, what serves again."""
