"""What is made of an analysis after its result is out; ``shared.jobs.outputs`` says how that comes about."""
