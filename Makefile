# The one command table. Every target sets up what it needs; `make` alone lists them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.course-is-ready
PROBLEMS ?=
SUBMISSIONS ?=
LAB_ARGS ?=
QUIZ_ARGS ?=
ROSTER ?=
TEST_ARGS ?=
BROWSER_ARGS ?=
THOROUGH_ARGS ?=
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --retries 2

.DEFAULT_GOAL := help
.PHONY: help setup install lab test slow thorough browser build grade pdf section site quiz handout bench mutate oracle freeze lint lock oldest FORCE

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(STAMP) ## a .venv with locked dependencies; does nothing when it is up to date

# the stamp holds the lock that was installed: a new clone, a pull or a touched file changes nothing by itself
$(STAMP): FORCE
	@cmp -s requirements.lock $@ && $(PY) -c '' 2>/dev/null || $(MAKE) --no-print-directory -s install

install:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no \`$(PYTHON)\` on this machine. Install Python 3.11 or newer, or name another one: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This course needs Python 3.11 or newer; \`$(PYTHON)\` is $$($(PYTHON) --version 2>&1). Name another one: make setup PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV): this takes a minute or two, once."
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make $(VENV). On Debian or Ubuntu: apt install python3-venv. Then run \`make setup\` again."; exit 1; }
	@# uv installs the lock about ten times faster; where it cannot be had, pip does the same more slowly
	@$(PIP) "$$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock)" 2>/dev/null && \
	  $(BIN)/uv pip install --quiet --compile-bytecode --python $(PY) -r requirements.lock || $(PIP) -r requirements.lock || { \
	  echo "The packages could not be installed (the reason is above). Is this machine online? Then run \`make setup\` again."; exit 1; }
	@cp requirements.lock $(STAMP)

lab: $(STAMP) ## JupyterLab on the first notebook; options: make lab LAB_ARGS="--no-browser --port 8890"
	@$(PY) -m jupyter lab --notebook-dir=. $(AS_ROOT) $(LAB_ARGS) $(firstword $(sort $(wildcard notebooks/p*.ipynb))) || { \
	  echo "JupyterLab stopped with an error (it is above). If the port is taken, choose another: make lab LAB_ARGS='--port 8890'"; exit 1; }
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root) # in a container

# more processes than a small machine has cores: many tests wait for a limit to pass
# and hundreds of processes start, so what Python has compiled is kept
PYTEST := PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 4 --dist loadfile --no-loadscope-reorder
ELSEWHERE := --ignore=tests/browser --ignore=tests/oracle
test: $(STAMP) ## the tests, in four to nine minutes; one file whole: make test TEST_ARGS=tests/build/test_build.py
	@$(PYTEST) $(or $(TEST_ARGS),-m "not slow" $(ELSEWHERE))

slow: thorough browser ## what else CI runs: every sandbox, otter, a cluster, every mistake; and real browsers

thorough: $(STAMP)
	@$(PYTEST) -m slow $(ELSEWHERE) $(THOROUGH_ARGS)

browser: $(STAMP) # one after the other: a JupyterLab and a Chromium are enough for two cores
	@$(PY) -m pytest tests/browser $(BROWSER_ARGS)

lint: $(STAMP) ## ruff and pyright
	@$(PY) -m ruff check utils autograder tests benchmarks
	@$(PY) -m ruff format --check --quiet utils autograder tests benchmarks
	@$(PY) -m pyright

build: $(STAMP) ## masters -> notebooks/, dist/solutions, dist/autograder, dist/student.zip; some: PROBLEMS="p1 p2"
	@$(PY) -m autograder build $(PROBLEMS)

grade: $(STAMP) ## grade SUBMISSIONS=PATH; without it sample submissions. Reports in grades/
	@$(PY) -m autograder build
	@$(PY) -m autograder grade $(if $(SUBMISSIONS),"$(SUBMISSIONS)")

pdf: $(STAMP) ## worksheets and solutions as PDF in dist/pdf
	@$(PY) -m autograder build
	@$(PY) -m autograder pdf

section: $(STAMP) ## one section's worksheet, solutions, plan and notebook in dist/section
	@$(PY) -m autograder build
	@$(PY) -m autograder section

handout: $(STAMP) ## a zip for each student with numbers of their own, if course.toml asks for it: make handout ROSTER=class.csv
	@$(PY) -m autograder build
	@$(PY) -m autograder hand-out --roster "$(ROSTER)"

quiz: $(STAMP) ## a quiz in four versions with its key, also for Moodle and Canvas: make quiz QUIZ_ARGS="--questions q1b,q1d --seed 7"
	@$(PY) -m autograder build
	@$(PY) -m autograder quiz $(QUIZ_ARGS)

site: $(STAMP) ## the course as a static site in dist/site: Python runs in the page, nothing to install
	@$(PY) -m autograder site

mutate: $(STAMP) ## wrong answers, mutants and other right answers against every check
	@$(PY) -m autograder mutate

lock: $(STAMP) ## write requirements.lock anew from requirements.txt and requirements-dev.txt
	@command -v uv >/dev/null || { echo "\`make lock\` needs uv: pip install uv"; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements.txt requirements-dev.txt -o requirements.lock

# The other end of what requirements.txt allows; the lock has the newest.
OLDEST_VENV ?= .venv-oldest
oldest: $(STAMP) ## the notebooks on the oldest packages that requirements.txt allows; some: PROBLEMS="p1 p2"
	@test -x $(OLDEST_VENV)/bin/python || $(BIN)/uv venv --quiet --python $(PY) $(OLDEST_VENV)
	@$(BIN)/uv pip install --quiet --python $(OLDEST_VENV)/bin/python --resolution lowest-direct -r requirements.txt -r requirements-dev.txt
	@$(OLDEST_VENV)/bin/python -c 'import numpy, sys; print("Python", sys.version.split()[0], "NumPy", numpy.__version__)'
	@$(OLDEST_VENV)/bin/python -m autograder build --check --prove $(PROBLEMS)

# PyTorch, the judge, lives in its own environment: it is too big for everyone's.
TORCH_VENV ?= .venv-torch
TORCH_PY := $(TORCH_VENV)/bin/python
TORCH_STAMP := $(TORCH_VENV)/.torch-is-ready

$(TORCH_STAMP): tests/oracle/requirements.txt requirements.lock
	@test -x $(TORCH_PY) || $(PYTHON) -m venv $(TORCH_VENV)
	@$(TORCH_PY) -m pip install --quiet --disable-pip-version-check -r tests/oracle/requirements.txt -c requirements.lock || { \
	  echo "PyTorch could not be installed. Is this machine online? Then run the same command again."; exit 1; }
	@touch $@

oracle: $(TORCH_STAMP) ## the operators against a live PyTorch on thousands of random layers, and in ONNX's own tests
	@$(TORCH_PY) -m pytest -q tests/oracle

freeze: $(TORCH_STAMP) ## write PyTorch's results that `make test` compares with anew
	@$(TORCH_PY) -m tests.oracle.freeze

bench: $(TORCH_STAMP) ## time operators, recognition, grading, printing and practice, and write benchmarks/RESULTS.md
	@$(TORCH_PY) -m benchmarks.operators
	@$(PY) -m autograder build
	@$(PY) -m benchmarks.recognition
	@$(PY) -m benchmarks.grading
	@$(PY) -m benchmarks.pdf
	@$(PY) -m benchmarks.drawn
	@$(PY) -m benchmarks.practice
	@$(PY) -m benchmarks.explorers # needs Chromium
