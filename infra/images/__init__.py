"""The functions' container images, and the tools around them: a base, the SAM CLI, an engine for CI."""
