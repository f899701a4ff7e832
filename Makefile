# The commands of Switchboard. `make run` is all a fresh machine needs: Linux x86-64, make, Python 3.11 or 3.12.

PY := .venv/bin/python
# Not .venv/bin/flask: the first line of a script there is the absolute path of the folder it was installed in.
FLASK = FLASK_SKIP_DOTENV=1 $(PY) -m flask --app ingress
TEST_PROCESSES ?= 2
# A file's tests share what it has started, so they stay in one process.
# What fails is tried once more, alone; what passes then is named, and at most three may be: tests/gate/second_try.py.
PYTEST = $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -p tests.gate.second_try -p tests.gate.budget
# Whole programs, browsers and servers that are killed: all but the unit part. They come first, for their files are long.
LIVE := acceptance bench pages readme gate ingress/accounts ingress/cli ingress/sockets ingress/streams/test_sse.py \
	ingress/streams/test_waiting.py ingress/test_writers.py ingress/http/test_slow_clients.py workers/run
UNIT := $(addprefix --ignore=tests/,$(LIVE))

.PHONY: run status stop superuser dead-letters setup

run: setup ## Starts everything, prints the addresses and stays until Ctrl-C
	@$(PY) -m workers.run run

status: setup ## What runs, and where its logs are
	@$(PY) -m workers.run status

stop: setup ## Stops everything in order
	@$(PY) -m workers.run stop

superuser: setup ## EMAIL=you@example.org: makes a superuser; PROMOTE=yes makes one of an account that is there
	@test -n "$(filter command,$(origin EMAIL))" || \
	    { echo "Whose address is it? make superuser EMAIL=you@example.org" >&2; exit 2; }
	@$(FLASK) create-superuser --email "$$EMAIL" $(if $(filter command,$(origin PROMOTE)),--promote)

dead-letters: setup ## What was given up, newest first; REPLAY=<id> takes one up again
	@$(FLASK) dead-letters $(if $(filter command,$(origin REPLAY)),replay "$$REPLAY",list)

setup: .venv/.installed ## Makes .venv and installs the pinned requirements, once

.venv/.installed: requirements.txt | $(PY)
	@$(PY) -m workers.run.installing requirements.txt
	@touch $@

# A name on PATH is not enough: it may be a shim of a version that is not there, or a Python without venv.
$(PY):
	@for python in $(PYTHON) python3.12 python3.11 python3; do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	        2>/dev/null; then echo "Making .venv with $$python"; exec "$$python" -m venv .venv; fi; \
	done; \
	echo "Switchboard needs Python 3.11 or 3.12 with its venv module, and found neither." \
	    "On Debian: apt install python3.11-venv; or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1

# Tests ------------------------------------------------------------------------------------------------------------------

.PHONY: test unit check lint kills bench test-setup

test: test-setup ## Runs every test, those with real processes included
	@$(PYTEST) $(addprefix tests/,$(LIVE)) tests

unit: test-setup ## Runs what needs no whole program: under a minute
	@$(PYTEST) $(UNIT)

lint: test-setup ## Format, lint, dependencies, types, imports
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m deptry .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

check: lint ## The gate: lint, and the unit tests with coverage
	@$(PYTEST) --cov --cov-report=term --cov-fail-under=75 $(UNIT)

kills: test-setup ## Two hundred kills and fifty stops, mixed over all processes: about an hour
	@$(PY) -m pytest -s tests/acceptance/long_kills.py

bench: test-setup ## Measures, beside peers, and writes docs/benchmarks.md
	@$(PY) -m tests.bench

test-setup: .venv/.tested ## Installs the tests' requirements, once

.venv/.tested: .venv/.installed tests/requirements.txt
	@$(PY) -m workers.run.installing tests/requirements.txt
	@touch $@
