# `make run` and `make test` are the only set-up: on a machine with Python >= 3.11, git and make they
# create .venv, install everything into it, and go. The second time they only go.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV ?= .venv
WORKERS ?= 2
FUZZ ?= 2000
export TORCH_INDEX PYTHON

python := $(VENV)/bin/python
stage := @.ci/stage
one_thread := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
pytest := env $(one_thread) $(python) -m pytest --quiet

.PHONY: help run test setup lint format types unit laws fuzz clean distclean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: $(VENV)/.run ## the main job: check a spec, build the module, train it on real digits
	@$(python) -m examples.digits

test: lint format types unit laws fuzz ## every check: lint, format, types, tests, laws, fuzz

setup: $(VENV)/.test ## create the environment with the tools of development

lint: $(VENV)/.test ## ruff check
	$(stage) "ruff check" $(VENV)/bin/ruff check --quiet .

format: $(VENV)/.test ## ruff format --check
	$(stage) "ruff format" $(VENV)/bin/ruff format --check --quiet .

types: $(VENV)/.test ## mypy --strict for the language and the proofs
	$(stage) "mypy --strict" $(VENV)/bin/mypy --no-error-summary

unit: $(VENV)/.test ## import contract, unit tests and doctests
	$(stage) "tests and doctests" $(pytest) --numprocesses $(WORKERS)

laws: $(VENV)/.test ## the laws of the atlas: one test a law, through the pytest plugin
	$(stage) "laws of the atlas" $(pytest) specs

fuzz: $(VENV)/.test ## random architectures: the reference against the emitted source
	$(stage) "fuzz ($(FUZZ) architectures)" env $(one_thread) $(python) -m tests.fuzz --count $(FUZZ)

$(VENV)/.run: pyproject.toml constraints.txt .ci/install
	$(stage) "install" .ci/install $(VENV) examples
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt .ci/install
	$(stage) "install with tools" .ci/install $(VENV) dev,examples,parity
	@touch $(VENV)/.run $@

clean: ## remove caches and build outputs
	rm -rf build dist runs out *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

distclean: clean ## remove the environment too
	rm -rf $(VENV)
