# `make demo` and `make test` set up all they need in .venv; `make lab` needs root on Debian or Ubuntu.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check lint readme lab lab-tools bench bench-panes run clean

demo: $(READY)  ## the wizard on a simulated LAN
	$(BIN)/sugarkube-tui --demo

run: $(READY)  ## the wizard on your LAN
	$(BIN)/sugarkube-tui

test: $(READY)  ## all tests that need neither root nor network
	$(BIN)/python -m pytest tests/unit/lan  # one after another: they would hear each other
	$(BIN)/python -m pytest -n 4 --ignore tests/unit/lan  # most of their time is waiting: more workers than cores pay

readme: $(READY)  ## the table of keys in README.md, from the registry of keys
	$(BIN)/python -m screenshots.readme

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## what must pass before a commit

lab: $(READY)  ## end to end, on Pis that really boot (as root)
	$(BIN)/python -m pytest tests/lab

lab-tools:  ## the Debian packages that the lab needs (as root)
	apt-get update -q
	apt-get install -y -q --no-install-recommends $(shell cat tests/lab/packages.txt)

bench: $(READY)  ## start-up, and how fast discovery is in a lab of its own (as root)
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.discovery

bench-panes: $(READY)  ## eight panes that 40,000 lines a second run into
	$(BIN)/python -m benchmarks.panes

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $(READY)
