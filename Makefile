# The commands of Switchboard. `make run` is all a fresh machine needs: Linux x86-64, make, Python 3.11 or 3.12.

PY := .venv/bin/python
# Not .venv/bin/flask: the first line of a script there is the absolute path of the folder it was installed in.
FLASK = FLASK_SKIP_DOTENV=1 $(PY) -m flask --app ingress
TEST_PROCESSES ?= 3
# The tests of a file share what the file has started, so they run in one process.
# Failed tests run once more, alone. At most three may pass only then: tests/gate/second_try.py.
PYTEST = $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -p tests.gate.second_try -p tests.gate.budget
# Tests with whole programs, browsers and servers that are killed: all but the unit tests. They take longest, so they start first.
LIVE := acceptance bench pages contracts readme gate ingress/accounts ingress/cli ingress/sockets ingress/streams/test_sse.py \
	ingress/streams/test_waiting.py ingress/test_writers.py ingress/http/test_slow_clients.py workers/run
UNIT := $(addprefix --ignore=tests/,$(LIVE))

.PHONY: run status stop superuser dead-letters setup

run: setup ## Starts Switchboard, prints the addresses and runs until Ctrl-C
	@$(PY) -m workers.run run

status: setup ## Shows the processes and where their logs are
	@$(PY) -m workers.run status

stop: setup ## Stops all processes in order
	@$(PY) -m workers.run stop

superuser: setup ## EMAIL=you@example.org: creates a superuser; with PROMOTE=yes, makes an existing user a superuser
	@test -n "$(filter command,$(origin EMAIL))" || \
	    { echo "Name the address: make superuser EMAIL=you@example.org" >&2; exit 2; }
	@$(FLASK) create-superuser --email "$$EMAIL" $(if $(filter command,$(origin PROMOTE)),--promote)

dead-letters: setup ## Lists messages that could not be processed, newest first; REPLAY=<id> replays one
	@$(FLASK) dead-letters $(if $(filter command,$(origin REPLAY)),replay "$$REPLAY",list)

setup: .venv/.installed ## Creates .venv and installs the pinned requirements, once

.venv/.installed: requirements.txt | $(PY)
	@$(PY) -m workers.run.installing requirements.txt
	@touch $@

# A python on PATH is not enough: it may be a shim for a missing version, or lack venv.
$(PY):
	@for python in $(PYTHON) python3.12 python3.11 python3; do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	        2>/dev/null; then echo "Creating .venv with $$python"; exec "$$python" -m venv .venv; fi; \
	done; \
	echo "Switchboard needs Python 3.11 or 3.12 with its venv module, and found neither." \
	    "On Debian: apt install python3.11-venv; or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1

# Tests ------------------------------------------------------------------------------------------------------------------

.PHONY: test unit check lint kills bench test-setup

test: test-setup ## Runs every test, including those that start and kill processes
	@$(PYTEST) $(addprefix tests/,$(LIVE)) tests

unit: test-setup ## Runs the tests that do not need the whole program: under a minute
	@$(PYTEST) $(UNIT)

lint: test-setup ## Checks format, lint, dependencies, types and imports
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m deptry .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

check: lint ## The gate: lint and the unit tests with coverage
	@$(PYTEST) --cov --cov-report=term --cov-fail-under=75 $(UNIT)

kills: test-setup ## 200 kills and 50 stops, spread over all processes: about an hour
	@$(PY) -m pytest -s tests/acceptance/long_kills.py

bench: test-setup ## Measures Switchboard next to peers, and writes docs/benchmarks.md
	@$(PY) -m tests.bench

test-setup: .venv/.tested ## Installs the tests' requirements, once

.venv/.tested: .venv/.installed tests/requirements.txt
	@$(PY) -m workers.run.installing tests/requirements.txt
	@touch $@
