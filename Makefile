# Every target sets up what it needs; a second run installs nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools

.PHONY: setup run preview test test-all check audit simulate mutants benchmarks lock messages
.DEFAULT_GOAL := setup

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The program alone: what `make run` needs on a bad line.
$(RUNTIME): packaging/requirements.lock packaging/build.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r packaging/requirements.lock -r packaging/build.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(TOOLS): packaging/requirements-dev.lock $(RUNTIME)
	$(PIP) --require-hashes -r packaging/requirements-dev.lock
	touch $@

setup: $(TOOLS)

run: $(RUNTIME)
	exec $(BIN)/iltod run

# Today's mails as if it were sending time, into var/preview; nothing is sent and nothing is kept.
preview: $(RUNTIME)
	$(BIN)/iltod preview var/preview

test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 -m "not slow"

# One more at a time than there are processors, for many of the slow ones wait for a daemon; who has done his takes of
# the others'.
test-all: $(TOOLS)
	$(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --dist worksteal

check: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/iltod rules check

# Known vulnerabilities of what is locked (asked of a registry), licences, secrets in tracked files.
audit: $(TOOLS)
	$(BIN)/python packaging/audit.py

# Made-up years, one from each seed, with all that can befall a machine; one that breaks a promise replays exactly, with
# its SEED alone.
YEARS ?= $(if $(findstring command,$(origin SEED)),1,20)
SEED ?= 1
JOBS ?= 2
simulate: $(TOOLS)
	$(BIN)/python -m tests.simulation --years $(YEARS) --seed $(SEED) --jobs $(JOBS)

# Known faults, each planted into a copy of the program: the simulation or a test must find it within a minute.
mutants: $(TOOLS)
	$(BIN)/python -m tests.simulation.mutants $(NAMES)

# Every benchmark, one after the other, on a machine that does nothing else; the figures go into docs/performance.md.
benchmarks: $(TOOLS)
	for each in working_days first_cycle morning two_daemons status pages sending; do $(BIN)/python benchmarks/$$each.py || exit 1; done

# Work out the locked versions anew (the lock files name no registry).
lock: $(TOOLS)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header pyproject.toml -o packaging/requirements.lock
	echo "hatchling\neditables" | $(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header - -c packaging/requirements-dev.lock -o packaging/build.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o packaging/requirements-dev.lock

# Gather the sentences of the program into the Mongolian catalog, and compile what is translated there.
# A new sentence: write it, `make messages`, translate it in iltod.po, `make messages`.
CATALOG := monitor/locale/mn/LC_MESSAGES/iltod
TEMPLATE := $(VENV)/iltod.pot
messages: $(TOOLS)
	$(BIN)/pybabel -q extract -F packaging/babel.cfg -k sentence -k counted:1,2 -k fault:2 --no-location --sort-output -o $(TEMPLATE) .
	$(BIN)/pybabel -q update -l mn -N --ignore-obsolete --ignore-pot-creation-date -w 120 -i $(TEMPLATE) -o $(CATALOG).po
	$(BIN)/pybabel -q compile --statistics -i $(CATALOG).po -o $(CATALOG).mo
