# Two commands need nothing but Python 3.11+ and the package index: make demo, make test.
# Every target sets the environment up first; that is done once, and again when the pins change.

PYTHON ?= python3
RECIPE ?= recipes/demo/run.yaml
# Test processes. Two fit the smallest machine; raise it where there are more cores.
WORKERS ?= 2

BIN := .venv/bin
PINS := pyproject.toml constraints.txt overrides.txt
STAMP := .venv/.stamp-$(shell cat $(PINS) | cksum | cut -d' ' -f1)
ENGINE := $(shell nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)
# uv does not read pip's configuration: hand a local wheel folder on, else let it choose the build of torch.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS := $(PIP_FIND_LINKS)
TORCH :=
else
TORCH := --torch-backend=auto
endif

# Without cached byte code every process would compile torch and transformers anew, half a minute each.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup cluster demo test test-all lint format typecheck docs bench clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 12

setup: $(STAMP)  ## make the environment in .venv (about 4 minutes, once)

# The stamp's name is the hash of the pins: a change of their content makes a new one, a mere touch does not.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Error: $(PYTHON) is older than Python 3.11 or missing. Install Python 3.11 or newer and run: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "Error: $(PYTHON) comes without ensurepip or venv. Install them (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; exit 2; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python $(TORCH) -c constraints.txt --override overrides.txt -e '.[$(ENGINE),demo,dev,tracking]'
	@rm -f .venv/.stamp-*
	@touch $@

cluster: $(STAMP)-cluster  ## add Ray, which spreads curation over machines

$(STAMP)-cluster: $(STAMP)
	$(BIN)/uv pip install --python $(BIN)/python $(TORCH) -c constraints.txt --override overrides.txt -e '.[$(ENGINE),demo,dev,tracking,cluster]'
	@touch $@

demo: setup  ## simulated market to report in runs/demo, 8 to 20 minutes on 2 cores
	$(BIN)/tickertune run $(RECIPE)

test: lint typecheck  ## lint, types and the fast tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m 'not slow'

test-all: lint typecheck cluster  ## the same with the slow tests, those on a Ray cluster among them
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

lint: setup  ## style, format and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

typecheck: setup  ## mypy, strict
	$(BIN)/mypy

docs: setup  ## write the generated pages of docs/
	$(BIN)/python scripts/recipe_keys.py
	$(BIN)/python scripts/tasks_page.py
	$(BIN)/python scripts/sources_page.py
	$(BIN)/python scripts/label_pages.py

format: setup  ## rewrite the files in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup  ## run every program of scripts/bench
	@for program in scripts/bench/*.py; do $(BIN)/python $$program || exit; done

clean:  ## remove the environment and the caches; runs stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
