"""Waiting clients: events and long polls, served apart from everything else."""
