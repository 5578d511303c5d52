# Needs make and Python 3.11 or newer, nothing else. Another Python: make setup PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
BUILD := build
RELEASE := $(BUILD)/release/.installed
DIST := dist
CATALOGUE := detector/rules/catalogue
SLOW_TESTS := tests/integration tests/faults tests/security tests/deploy
# The tests with servers wait more than they work. Each of the two has servers of its own.
SIDE_BY_SIDE := --numprocesses=2 --dist=worksteal
# The passwords of docker-compose.yml.
SECRETS := $(addprefix deploy/compose/secrets/,archive_password grafana_admin_password grafana_reader_password postgres_password)
ARGS ?=
RUNS ?= 5
MINUTES ?= 10

# The lock names every package and its hashes, so pip resolves nothing. Messages go to stderr: stdout is the demo's.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKS := .
LOCK := $(abspath $(BIN)/uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --group build

.DEFAULT_GOAL := help
.PHONY: help setup demo secrets check test unit faults faults-mutants soak bench bench-full quality dashboards wheel lock release-check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(DEV) ## make .venv with the locked tools for development

demo: $(RUNTIME) ## run the detector on simulated fraud, embedded servers included (ARGS='--seconds 10 --json')
	@exec $(BIN)/python -m detector demo $(ARGS)

secrets: $(SECRETS) ## make the passwords of docker-compose.yml, where there are none yet

check: $(DEV) ## format, lint, types, layers, the shipped rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-logo
	$(BIN)/detector rules lint $(CATALOGUE)
	$(BIN)/detector rules test $(CATALOGUE)

test: check ## check, then every test (needs the servers and tools that CONTRIBUTING.md names)
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

unit: $(DEV) ## only the tests that need no Kafka and take seconds
	$(BIN)/pytest $(addprefix --ignore=,$(SLOW_TESTS)) $(ARGS)

faults: $(DEV) ## kill workers at random times and compare with the oracle (RUNS=100, ARGS='--seed 7')
	$(BIN)/python -m tests.faults --runs $(RUNS) $(ARGS)

faults-mutants: $(DEV) ## break each promise on purpose: a fault must find it out (ARGS='--only epoch')
	$(BIN)/python -m tests.faults.mutants $(ARGS)

soak: $(DEV) ## half of the measured peak with a fault a minute, MINUTES=30 (ARGS=--no-faults)
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) $(ARGS)

bench: $(DEV) ## measure everything in half an hour: a table, JSON and a plot (ARGS='--only latency')
	$(BIN)/python -m bench $(ARGS)

bench-full: $(DEV) ## the same at full length: 2,000,000 events, five runs of each, some hours
	$(BIN)/python -m bench --full $(ARGS)

quality: $(DEV) ## hold the shipped catalogue against the scenario set and write the figures of docs/quality.md
	$(BIN)/python -m bench.quality --into docs/quality.md $(ARGS)

dashboards: $(DEV) ## write Grafana's dashboards again from deploy/grafana
	$(BIN)/python -m deploy.grafana

wheel: $(DEV) ## build a wheel in dist/ whose core is compiled (needs a C compiler)
	rm -rf $(BUILD)/wheel
	mkdir -p $(BUILD)/wheel
	cp -r detector pyproject.toml README.md LICENSE CHANGELOG.md $(BUILD)/wheel
	HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(BIN)/python -m pip wheel --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --wheel-dir $(DIST) $(abspath $(BUILD)/wheel)

lock: $(DEV) ## make the locks again from pyproject.toml (ARGS=--upgrade takes newer versions)
	cd $(LOCKS) && $(LOCK) $(ARGS) --extra demo --extra archive pyproject.toml --output-file requirements.lock
	cd $(LOCKS) && $(LOCK) $(ARGS) --extra demo --extra archive --extra backtest --extra ray --group dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
	cd $(LOCKS) && $(LOCK) $(ARGS) --group release --output-file requirements-release.lock
	cd $(LOCKS) && $(LOCK) $(ARGS) --group peers --output-file bench/peers/requirements.txt

release-check: $(DEV) $(RELEASE) ## are the locks current and free of known faults; an SBOM in dist/ (needs the network)
	rm -rf $(BUILD)/locks
	mkdir -p $(BUILD)/locks/bench/peers
	cp pyproject.toml requirements*.lock $(BUILD)/locks
	cp bench/peers/requirements.txt $(BUILD)/locks/bench/peers
	@$(MAKE) --no-print-directory lock LOCKS=$(BUILD)/locks
	@for lock in requirements*.lock bench/peers/requirements.txt; do \
		cmp --silent $$lock $(BUILD)/locks/$$lock || { echo "$$lock is not what pyproject.toml asks for: make lock" >&2; exit 1; }; \
	done
	$(dir $(RELEASE))bin/python scripts/release_check.py

clean: ## remove caches and build results (.venv stays)
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name $(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The folder is its owner's; the files in it are read by the containers' users.
deploy/compose/secrets/%:
	@mkdir -p -m 700 $(@D)
	@head -c 24 /dev/urandom | base64 | tr '+/' '-_' > $@
	@chmod 644 $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not: install it, or name one with 'make PYTHON=python3.12'." >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) >&2 || { rm -rf $(VENV); exit 1; }

$(RELEASE): requirements-release.lock | $(BIN)/python
	$(BIN)/python -m venv --clear $(dir $@)
	$(dir $@)bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@touch $@

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages into $(VENV), once." >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements.lock >&2
	@$(PIP_INSTALL) --no-build-isolation --editable . >&2
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages and tools into $(VENV), once." >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock >&2
	@$(PIP_INSTALL) --no-build-isolation --editable . >&2
	@touch $(RUNTIME) $@
