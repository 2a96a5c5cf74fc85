# Everything a newcomer types. `make demo` and `make test` set themselves up.
.PHONY: demo test engine e2e manifests gitops-e2e lint format bench docs reference lock setup clean
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## the virtual environment, from hashes

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "palier needs Python 3.11 to 3.13, this is %d.%d: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## the plan of each of the five phases: no account, no CLI
	@for phase in mvp traction scale growth hypergrowth; do $(BIN)/palier plan $$phase || exit $$?; done

test: $(READY) ## all tests, with coverage; those of the real engine where there is one
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report=term
	@if [ -n "$$CI" ] || $(BIN)/python -m tools.engine --look; then $(MAKE) e2e; \
	else echo "The tests on the real engine were left out: 'make engine', then 'make e2e'."; fi
	@if [ -n "$$CI" ] || $(BIN)/python -m tools.control_plane --look; then $(MAKE) gitops-e2e; \
	else echo "The tests of the workloads were left out: 'make gitops-e2e'."; fi

engine: $(READY) ## the Pulumi CLI: the one on PATH, else built from its Go module
	$(BIN)/python -m tools.engine

e2e: engine ## all that is claimed, on the real engine against the simulated cloud
	$(BIN)/python -m pytest tests/engine -m engine --numprocesses 2 --dist loadgroup --durations=10

manifests: $(READY) ## the overlays: schemas, owners, requests, hardening, lint; no cluster
	$(BIN)/python -m tools.control_plane
	$(BIN)/python -m pytest tests/gitops -m manifests --numprocesses 2

gitops-e2e: $(READY) ## that, the application on real servers, the overlays on a real control plane
	$(BIN)/python -m tools.control_plane
	$(BIN)/python -m tools.debian
	$(BIN)/python -m pytest tests/gitops -m manifests --numprocesses 2
	$(BIN)/python -m pytest tests/gitops tests/reference_app -m servers --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest tests/gitops tests/components -m gitops --numprocesses 2 --dist loadgroup --durations=10

lint: $(READY) ## format, style, types, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/squawk --config gitops/reference-app/.squawk.toml gitops/reference-app/migrations/*.sql

format: $(READY) ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: engine ## ratios measured in one run
	$(BIN)/python -m benchmarks

docs: $(READY) ## generated tables of README and docs/
	$(BIN)/python -m tools.docs

reference: $(READY) ## palier/reference.json, from the program itself
	$(BIN)/python -m tools.reference

lock: $(READY) ## requirements.lock, from the ranges of pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-annotate --custom-compile-command 'make lock' --output-file requirements.lock

clean: ## the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage *.egg-info
