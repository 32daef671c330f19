# make demo: train a model on real data.   make test: run the tests.   Both make their own .venv.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: help demo test check bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   install into .venv and train a logistic regression on real data"
	@echo "make test   install into .venv and run the tests"
	@echo "make check  lint, and the order of the layers"
	@echo "make bench  compare with the peers that are installed (BENCH_ARGS=... for python -m benchmarks)"

.venv/ready: pyproject.toml setup.py $(wildcard src/theano/runtime/*.c src/theano/runtime/*.h)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check setuptools numpy scipy
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[test]"
	@touch .venv/ready

demo: .venv/ready
	$(BIN)/python examples/demo.py

test: .venv/ready
	$(BIN)/python -m pytest tests

check: .venv/ready
	$(BIN)/python -m ruff check src tests examples benchmarks setup.py

bench: .venv/ready
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:
	rm -rf .venv build src/*.egg-info src/theano/runtime/*.so
