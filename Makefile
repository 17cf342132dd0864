# Every target sets itself up: on a fresh clone only Python 3.11+ and make are needed. The second time nothing is installed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One thread: the demo's models are tiny, and a second thread makes them slower on a busy machine.
export OMP_NUM_THREADS ?= 1
ISSUE ?= A

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Holdfast needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: install demo test test-all check format bench docs evidence lock help

install: $(READY) ## Make the virtual environment in .venv

demo: $(READY) ## See a real before/after safety verdict on real weights
	$(BIN)/holdfast demo

test: $(READY) ## Run the tests, two at a time (about five minutes)
	$(BIN)/python -m pytest -n 2

test-all: $(READY) ## Run every test, the slow ones too
	$(BIN)/python -m pytest -m ""

check: $(READY) ## Format, lint, types, import layers, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

format: $(READY) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## Measure every claim about speed; each prints JSON with a ratio
	@for claim in benchmarks/[a-z]*.py; do echo "== $$claim"; $(BIN)/python $$claim || exit 1; done

docs: $(READY) ## Write the generated reference and build the site into site/
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

evidence: $(READY) ## Prove an issue's lines: make evidence ISSUE=A writes docs/evidence/A.json
	$(BIN)/python scripts/evidence.py $(ISSUE) $(if $(REDUCED),--reduced)

lock: ## Write requirements.lock from this environment
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'
