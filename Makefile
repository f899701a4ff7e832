# The commands of Switchboard. `make run` is all a fresh machine needs: Linux x86-64, make, Python 3.11 or 3.12.

PY := .venv/bin/python

.PHONY: run status stop setup

run: setup ## Starts everything, prints the addresses and stays until Ctrl-C
	@$(PY) -m workers.run run

status: setup ## What runs, and where its logs are
	@$(PY) -m workers.run status

stop: setup ## Stops everything in order
	@$(PY) -m workers.run stop

setup: .venv/.installed ## Makes .venv and installs the pinned requirements, once

.venv/.installed: requirements.txt | $(PY)
	@echo "Installing requirements.txt into .venv"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# A name on PATH is not enough: it may be a shim of a version that is not there, or a Python without venv.
$(PY):
	@for python in $(PYTHON) python3.12 python3.11 python3; do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	        2>/dev/null; then exec "$$python" -m venv .venv; fi; \
	done; \
	echo "Switchboard needs Python 3.11 or 3.12 with its venv module, and found neither." \
	    "On Debian: apt install python3.11-venv; or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1
