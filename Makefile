# Two commands do all the set-up: `make demo` and `make test`. Only Python 3.11 or newer is needed.

VENV := .venv
BIN := $(VENV)/bin
NEWEST := $(foreach v,python3.13 python3.12 python3.11 python3,$(shell command -v $(v) 2>/dev/null))
PYTHON ?= $(shell for p in $(NEWEST); do $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: demo test bench lint format clean

demo: $(VENV)/installed
	$(BIN)/commonweal solve china-2024 -o runs/china-2024
	$(BIN)/commonweal verify runs/china-2024

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "commonweal needs Python 3.11 or newer with venv: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) build dist runs *.egg-info
