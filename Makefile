# Two commands do everything on a fresh Debian 12: `make demo` and `make test`. Both may be run again at will.
# Nothing outside this folder is changed, but for Debian packages that are missing (python3-venv; chromium
# for the tests), which are installed with apt-get.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
VAR    ?= var
STAMP  := $(VENV)/.installed-$(shell sha256sum requirements.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
export CALLCENTER_VAR := $(abspath $(VAR))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup tools speech demo run test unit e2e check bench seeds clean lock

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) tools ## Python packages and the unpacked Asterisk, SIPp, espeak-ng and baresip
	@$(BIN)/callcenter prompts build

$(STAMP): requirements.lock pyproject.toml
	@echo "== Python packages (hashed lock)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	    echo "   python3-venv is missing: installing it with apt-get"; \
	    apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null && $(PYTHON) -m venv --clear $(VENV); }
	@$(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.installed-*; touch $@

tools: $(STAMP)
	@echo "== Asterisk and tools (unpacked under $(VAR)/tools)"
	@$(BIN)/python asterisk-conf/install.py --into $(VAR)/tools --simulator

speech: $(STAMP) ## a small speech model, for the demo and the tests
	@echo "== Speech models (under $(VAR)/models)"
	@test -d $(VAR)/models/whisper-base -a -d $(VAR)/models/vosk-ko || $(BIN)/callcenter models install whisper-base vosk-ko

demo: setup speech ## citizens call operators, end to end; ONCE=1 ends after the calls and writes var/demo/report.json
	@$(BIN)/python -m sim demo $(if $(ONCE),--once)

run: setup ## the call centre with your own settings (CALLCENTER_*)
	@$(BIN)/callcenter up

test: setup speech check unit e2e ## everything: checks, unit tier, then real Asterisk, speech, PostgreSQL, Chromium

unit: $(STAMP) ## the quick tiers
	@echo "== unit, property, contract, adapter and api tests"
	@$(BIN)/pytest -q -m "not e2e"

e2e: $(STAMP) chromium ## real Asterisk, SIP, speech, PostgreSQL, Chromium
	@echo "== end to end tests"
	@$(BIN)/pytest -q -m e2e

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { echo "== chromium (apt-get)"; \
	    apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium >/dev/null; }

check: $(STAMP) ## ruff, mypy --strict, import-linter
	@echo "== checks"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: setup ## figures as ratios in one run
	@$(BIN)/python -m bench.engine_speed
	@$(BIN)/python -m bench.ninety_calls
	@$(BIN)/python -m bench.deadlines

seeds: $(STAMP) ## the demands of the seed documents: proven and unproven
	@$(BIN)/python -m tests.helpers.seeds

lock: ## make requirements.lock again
	@$(BIN)/pip-compile -q --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --strip-extras --allow-unsafe -o requirements.lock pyproject.toml

clean: ## remove all that was made here
	rm -rf $(VENV) $(VAR) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
