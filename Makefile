# Everything a developer types; `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUIET := --quiet --quiet --no-input --disable-pip-version-check
PIP := $(BIN)/python -m pip $(QUIET)
LOCK := .cache/lock
COMPILE := $(LOCK)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet $(ARGS) pyproject.toml
# A group without what livebom itself needs.
ALONE := $(subst pyproject.toml,,$(COMPILE))
# Extra arguments for what a target runs: make test ARGS="-k plan -x", make lock ARGS=--upgrade
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo docs test check audit sbom test-slow test-hostile test-root test-containers test-kubernetes test-real test-real-slow fuzz bench wheel lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv from the locked requirements; .venv/bin/livebom works then
	@echo "make: $(BIN)/livebom is ready"

# The stamp is written last: a set-up that broke half-way starts again.
$(READY): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) here; on Debian: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: livebom needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V); try: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv; on Debian: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "make: a fresh $(VENV) with $$($(PYTHON) -V)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "make: installing the locked requirements into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## a lab of AI servers on loopback, swept twice, with what changed
	@$(BIN)/python -m tests.demo $(ARGS)

test: $(READY) ## every test that needs neither root nor real servers
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(ARGS)

check: $(READY) ## format, lint, types, import floors, and the rules of the house
	@$(BIN)/ruff format --check --quiet . || { echo "make: run $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q -m "packaging or not packaging" tests/house
	@$(MAKE) --no-print-directory audit

audit: $(READY) .cache/audit/.ready ## what is publicly known against the locked packages; a known hole fails
	@$(BIN)/python -m tests.house.audit .cache/audit/bin/pip-audit requirements/*.txt

sbom: $(READY) ## write dist/livebom.cdx.json: what livebom runs with, told by livebom
	@mkdir -p dist
	@$(BIN)/python -m tests.house.sbom > dist/livebom.cdx.json

# Tools with environments of their own: their packages are none of livebom's. Without a network the audit says so.
.cache/audit/.ready: requirements/audit.txt
	@$(PYTHON) -m venv .cache/audit
	@.cache/audit/bin/python -m pip $(QUIET) install --require-hashes -r $< && touch $@ || \
	  echo "audit: pip-audit could not be installed" >&2

.cache/attack/.ready: requirements/attack.txt
	@$(PYTHON) -m venv .cache/attack
	@.cache/attack/bin/python -m pip $(QUIET) install --require-hashes -r $<
	@touch $@

test-slow: $(READY) ## what takes longer than its share of a minute: kills, restarts, attacks, large files
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow $(ARGS)

test-hostile: $(READY) ## a hostile peer among honest servers, case by case, with a table of what each took
	@$(BIN)/python -m pytest -q -n 2 -m hostile tests/hostile $(ARGS)

test-root: $(READY) .cache/attack/.ready ## what needs root, in network namespaces made for it
	@$(BIN)/python -m pytest -q -m root $(ARGS)

test-containers: $(READY) ## real Docker, containerd and Podman with containers in them (root)
	@$(BIN)/python -m tests.real.install chroma llama_cpp_python; installed=$$?; $(BIN)/python -m pytest -q -m containers $(ARGS) && exit $$installed

test-kubernetes: $(READY) ## a real API server, built once from Debian's source (ten minutes), with objects in it
	@$(BIN)/python -m tests.kubernetes.install && $(BIN)/python -m pytest -q -m kubernetes $(ARGS)

test-real: $(READY) ## install real AI servers into .cache, start them on loopback and sweep them (minutes)
	@$(BIN)/python -m tests.real.install; installed=$$?; $(BIN)/python -m pytest -q -m real $(ARGS) && exit $$installed

test-real-slow: $(READY) ## the same with vLLM on the CPU and MLflow (4 GB, minutes)
	@$(BIN)/python -m tests.real.install --slow; installed=$$?; $(BIN)/python -m pytest -q -m real_slow $(ARGS) && exit $$installed

# Seconds for each target, and which: make fuzz SECONDS=600 ARGS="http talk"
SECONDS ?= 120

fuzz: $(READY) ## fuzz what reads foreign bytes, two minutes a target: make fuzz SECONDS=600 ARGS="http talk"
	@$(PIP) install --require-hashes -r requirements/fuzz.txt
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ARGS)

bench: $(READY) ## measure ourselves and our peers in the same run
	@$(BIN)/python -m benches $(ARGS)

docs: $(READY) ## write docs/catalog.md and docs/checks.md anew from the fingerprints
	@mkdir -p .cache
	@for verb in catalog checks; do \
	  $(BIN)/livebom $$verb --markdown > .cache/$$verb.md && mv .cache/$$verb.md docs/$$verb.md || exit 1; done

wheel: $(READY) ## build dist/*.whl and dist/*.tar.gz
	@$(BIN)/python -m build -qq --no-isolation --outdir dist
	@ls -1 dist

lock: ## compile requirements/*.txt anew from pyproject.toml
	@$(PYTHON) -m venv $(LOCK)
	@$(LOCK)/bin/python -m pip $(QUIET) install uv
	@$(COMPILE) -o requirements/run.txt
	@$(COMPILE) --group dev -c requirements/run.txt -o requirements/dev.txt
	@$(ALONE) --group audit -o requirements/audit.txt
	@$(ALONE) --group attack -c requirements/dev.txt -o requirements/attack.txt
	@$(COMPILE) --group fuzz -c requirements/run.txt -o requirements/fuzz.txt

clean: ## remove what was built and cached; .venv and .cache stay
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find . -path ./$(VENV) -prune -o -path ./.git -prune -o -name __pycache__ -type d -exec rm -rf {} +
