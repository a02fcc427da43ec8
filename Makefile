.DEFAULT_GOAL := help
.PHONY: help setup

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

$(VENV)/.installed: constraints.txt requirements-dev.txt functions/api/requirements.txt functions/analyze/requirements.txt functions/cleanup/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt \
		-r functions/api/requirements.txt -r functions/analyze/requirements.txt -r functions/cleanup/requirements.txt
	@touch $@

setup: $(VENV)/.installed ## Create the virtual environment with pinned packages
