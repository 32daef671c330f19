# make demo: train a model on real data.   make test: run the tests.   Both make their own .venv.
CANDIDATES = python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH = import sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(p))))
BIN := .venv/bin
PIP = $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
RUNTIME := $(wildcard src/theano/runtime/*.c src/theano/runtime/*.h)
CHECKED := src tests examples benchmarks tools docs setup.py
MODES := mode=FAST_COMPILE linker=py
.PHONY: help demo test test-all check bench sanitize docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      install into .venv and train a logistic regression on real data"
	@echo "make test      install into .venv and run the tests"
	@echo "make check     lint, and the order of the layers (seconds)"
	@echo "make test-all  the tests in every mode: $(MODES)"
	@echo "make bench     compare with the peers that are installed; BENCH_ARGS=--help lists the options"
	@echo "make sanitize  fuzzed calls and tests with the C parts under address and undefined-behaviour sanitizers"
	@echo "make docs      write docs/reference.md and docs/ops.md from the tables"
	@echo "make clean     remove what the others made"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the module venv is needed: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/ready: pyproject.toml setup.py $(RUNTIME) | $(BIN)/python
	@echo "installing into .venv"
	@$(PIP) install "setuptools>=77" numpy scipy
	@$(PIP) install --no-build-isolation --editable ".[test]"
	@touch $@

demo: .venv/ready
	@$(BIN)/python examples/demo.py

test: .venv/ready
	@$(BIN)/python -m pytest tests

test-all: .venv/ready
	@$(BIN)/python -m pytest tests
	@for flags in $(MODES); do \
	    echo "THEANO_FLAGS=$$flags"; THEANO_TEST_FLAGS=$$flags $(BIN)/python -m pytest tests || exit 1; \
	done

check: .venv/ready
	@$(BIN)/python -m ruff check --quiet $(CHECKED)
	@$(BIN)/python -m pytest tests/test_layers.py

bench: .venv/ready
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

sanitize: .venv/ready
	@$(BIN)/python tools/sanitize.py

docs: .venv/ready
	@$(BIN)/python docs/reference.py docs/reference.md
	@$(BIN)/python tools/op_table.py

clean:
	@rm -rf .venv build src/*.egg-info src/theano/runtime/*.so docs/reference.md
