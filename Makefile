.DEFAULT_GOAL := help
.PHONY: help setup demo test test-unit test-peers test-all test-localstack check hashes format bench chaos fuzz evaluate samples openapi images up down deploy status clean secrets policy

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
REQUIREMENTS := requirements-dev.txt $(wildcard functions/*/requirements.txt)
NODEPS := $(wildcard functions/*/requirements-nodeps.txt)
WORKERS ?= 2
ENGINE ?= rules

help: ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

$(VENV)/.installed: constraints.txt $(REQUIREMENTS) $(NODEPS)
	@echo "Installing the pinned packages into $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Clauseworks needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt $(REQUIREMENTS:%=-r %)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt $(NODEPS:%=-r %)
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m infra.cli "$$@"\n' "$(CURDIR)" "$(CURDIR)/$(RUN)" > $(VENV)/bin/clauseworks
	@chmod +x $(VENV)/bin/clauseworks
	@touch $@

setup: $(VENV)/.installed ## Create the virtual environment with the pinned packages

demo: setup ## Start everything, analyse a sample policy, print the result, serve until Ctrl-C (ONCE=1: end; DIRECTUS=1: seed Directus)
	@$(RUN) -m infra.demo $(if $(ONCE),--once) $(if $(DIRECTUS),--directus)

# Tests of one file share a worker; of files, those of tests/support/longest.py start first.
BY_FILE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=20

test: setup ## Run all tests that need nothing from outside (docs/testing.md)
	@$(RUN) -m pytest $(BY_FILE) -m "not peer" $(PYTEST)

test-unit: setup ## Run the unit tests alone
	@$(RUN) -m pytest -n $(WORKERS) --durations=20 tests/unit $(PYTEST)

test-peers: setup ## Run the tests with real parts (Directus, LocalStack, containers, a browser, npm) that can be had here
	@$(RUN) -m pytest $(BY_FILE) -m peer $(PYTEST)

test-all: setup ## Run all tests and measure what they cover; say what was skipped and why
	@$(RUN) -m pytest $(BY_FILE) --cov --cov-report=term $(PYTEST)

test-localstack: setup ## Run the tests of the stack on LocalStack: at AWS_ENDPOINT_URL, else one of their own
	@$(RUN) -m infra.localstack run $(RUN) -m pytest -n $(WORKERS) --dist loadfile tests/stack $(PYTEST)

check: setup ## Check format, lint, types, the architecture, the template and AWS's quotas, the OpenAPI document and the samples
	@$(RUN) -m ruff format --check --quiet .
	@$(RUN) -m ruff check --quiet .
	@$(RUN) -m mypy
	@$(RUN) -m infra.architecture
	@$(VENV)/bin/cfn-lint template.yaml infra/monitoring.yaml
	@$(RUN) -m infra.local.validate
	@$(RUN) -m infra.aws.quotas
	@$(RUN) -m functions.api.openapi_snapshot --check
	@$(RUN) -m infra.samples --check
	@$(RUN) -m infra.images hashes --check

policy: setup ## Check the template against published rules for AWS (installs checkov, 300 MB)
	@$(RUN) -m infra.policy

hashes: setup ## Write anew which wheels the images may install, by hash (asks the package index)
	@$(RUN) -m infra.images hashes

format: setup ## Format the code and mend what ruff can mend
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

bench: setup ## Print import times, latencies and throughput, as ratios where a peer exists (ONLY=console: this alone)
	@$(RUN) -m tests.benchmarks $(ONLY)

chaos: setup ## Kill workers at every point, then under load; write the figures to docs/chaos.md
	@$(RUN) -m tests.chaos $(CHAOS)

fuzz: setup ## Read damaged files for SECONDS=60 (in children), and print what did more than being read or refused
	@$(RUN) -m tests.fuzz --seconds $(or $(SECONDS),60)

evaluate: setup ## Analyse DOCUMENTS=folder without a stack, exports to OUT=folder; GOLD=folder has labels to measure by
	@test -n "$(DOCUMENTS)" -a -n "$(OUT)" || { echo "usage: make evaluate DOCUMENTS=DIR OUT=DIR [GOLD=DIR] [ENGINE=rules] [HYBRID=1]"; exit 2; }
	@$(RUN) -m functions.analyze.evaluation.run "$(DOCUMENTS)" "$(OUT)" --engine "$(ENGINE)" $(if $(HYBRID),--hybrid) $(if $(GOLD),--gold "$(GOLD)")

samples: setup ## Render the sample policies anew
	@$(RUN) -m infra.samples

openapi: setup ## Write the OpenAPI document anew
	@$(RUN) -m functions.api.openapi_snapshot

images: setup ## Build the container images (needs a Docker engine; BASE=image: on this base)
	@$(RUN) -m infra.images build $(if $(BASE),--base "$(BASE)")

up: setup ## Start the local stack
	@$(RUN) -m infra.local up

secrets: setup ## Put the secrets of a deployment into SSM (STAGE=dev or prod)
	@$(RUN) -m infra.aws secrets $(STAGE)

deploy: setup ## Ask the account what stands in the way, then deploy (STAGE=dev or prod; samconfig.toml has the settings)
	@$(RUN) -m infra.aws deploy $(STAGE)

status: setup ## Show the local stack
	@$(RUN) -m infra.local status

down: setup ## Stop the local stack; its state is kept
	@$(RUN) -m infra.local down

clean: ## Remove the virtual environment, caches and the local stack's state
	@test ! -x $(RUN) || $(RUN) -m infra.local down || true
	@test ! -x $(RUN) || $(RUN) -m infra.directus down || true
	@test ! -x $(RUN) || $(RUN) -m infra.localstack down || true
	@rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
