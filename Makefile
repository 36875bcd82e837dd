# The one command table. Every target sets up what it needs; `make` alone lists them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.course-is-ready

.DEFAULT_GOAL := help
.PHONY: help setup lab test build grade pdf site bench mutate oracle freeze lint lock

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(STAMP) ## a .venv with locked dependencies; nothing to do when it is up to date

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This course needs Python 3.11 or newer; \`$(PYTHON)\` is `$(PYTHON) --version 2>&1`. Name another one: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python could not make $(VENV). On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.lock || { \
	  echo "The packages could not be installed. Is this machine online? Then run \`make setup\` again: it goes on where it stopped."; exit 1; }
	@touch $@

pdf: $(STAMP) ## worksheets and solutions as PDF in dist/pdf (after `make build`)
	@$(PY) -m autograder pdf

lock: ## write requirements.lock anew from requirements.txt and requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements.txt requirements-dev.txt -o requirements.lock

# PyTorch, the judge, lives in its own environment: it is too big for everyone's.
TORCH_VENV ?= .venv-torch
TORCH_PY := $(TORCH_VENV)/bin/python
TORCH_STAMP := $(TORCH_VENV)/.torch-is-ready

$(TORCH_STAMP): tests/oracle/requirements.txt requirements.lock
	@$(PYTHON) -m venv $(TORCH_VENV)
	@$(TORCH_PY) -m pip install --quiet --disable-pip-version-check -r tests/oracle/requirements.txt -c requirements.lock || { \
	  echo "PyTorch could not be installed. Is this machine online? Then run the same command again."; exit 1; }
	@touch $@

oracle: $(TORCH_STAMP) ## the operators against a live PyTorch, on thousands of random layers
	@$(TORCH_PY) -m pytest -q tests/oracle

freeze: $(TORCH_STAMP) ## write PyTorch's results that `make test` compares with anew
	@$(TORCH_PY) -m tests.oracle.freeze

bench: $(TORCH_STAMP) ## time the operators against PyTorch, and write benchmarks/RESULTS.md
	@$(TORCH_PY) -m benchmarks.operators
