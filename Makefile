# Everything that is made, fetched or written while working lies in one folder; `make clean` removes it.
STATE := $(abspath $(or $(HOTLINE_STATE),.state))
BIN := $(STATE)/venv/bin
CACHE := $(STATE)/cache
SOURCES := agi dialplan services tests

export HOTLINE_STATE := $(STATE)
export HOTLINE_ASSETS_DIR := $(STATE)/web
export RUFF_CACHE_DIR := $(CACHE)/ruff
export MYPY_CACHE_DIR := $(CACHE)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
export PYTHONPYCACHEPREFIX := $(CACHE)/python
PYTEST := $(BIN)/python -m pytest -o cache_dir=$(CACHE)/pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint stack-test bench screenshots clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what is missing on this machine (docs/setup.md)
	@scripts/setup

demo: setup ## Send real calls through a whole system on loopback, check each call's record
	@$(BIN)/python -m tests.demo

run: setup ## Keep a company with weeks of calls running: its console in a browser, its hotline by a SIP phone
	@$(BIN)/python -m tests.run $(if $(CALLER),--caller $(CALLER))

test: setup lint ## All tests but those of the containers
	@$(PYTEST) -n 3 --dist loadfile --no-loadscope-reorder -m 'not stack and not large'

lint: setup ## Format, rules, types, import contracts
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo --cache-dir $(CACHE)/imports

stack-test: setup ## The demo's calls against docker-compose.yml
	@$(PYTEST) -o timeout=900 -m stack tests/stack

bench: setup ## Benchmark tables, and the tests that are too large for every day
	@$(BIN)/python -m tests.bench
	@$(PYTEST) -o timeout=0 -m large

screenshots: setup ## Take the pictures of docs/screenshots anew
	@$(PYTEST) tests/console/test_screenshots.py
	@mkdir -p docs/screenshots && cp $(STATE)/screenshots/*.png docs/screenshots/

clean: ## Remove the state folder; what the system's packages installed stays
	@test ! -e '$(STATE)' || test -e '$(STATE)/setup.lock' || \
		{ echo 'make clean: $(STATE) was not made by scripts/setup, so it stays: remove it by hand' >&2; exit 1; }
	rm -rf '$(STATE)'
