# Two commands do all the set-up: `make demo` and `make test`. Only Python 3.11 or newer (with venv) is needed.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NAMES := python3.13 python3.12 python3.11 python3 python
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(NAMES); do "$$p" -c '$(FITS)' 2>/dev/null && command -v "$$p" && break; done)

.PHONY: demo test bench docs languages lint format clean

languages: $(VENV)/installed-dev
	$(BIN)/python -m catalogues

demo: $(VENV)/installed
	$(BIN)/commonweal solve china-2024 -o runs/china-2024
	$(BIN)/commonweal verify runs/china-2024

test: $(VENV)/installed-dev
	.ci/browser
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found (looked for: $(NAMES))."; \
	  echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3"; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "Installing commonweal and what it needs into $(VENV) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	@echo "Installing commonweal and the tools of its tests into $(VENV) ..."
	$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/installed

$(VENV)/installed-bench: pyproject.toml | $(BIN)/python
	@echo "Installing commonweal and what its benchmarks are held against into $(VENV) ..."
	$(PIP) --editable ".[bench]"
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: pyproject.toml | $(BIN)/python
	@echo "Installing commonweal and what builds the documents into $(VENV) ..."
	$(PIP) --editable ".[docs]"
	@touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) build dist runs site *.egg-info
