# Holdfast: `make help` says what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
.DEFAULT_GOAL := help

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ /' | awk '{n=$$1; $$1=""; printf "  make %-8s%s\n", n, $$0}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Holdfast runs on Python 3.11 to 3.13; $(PYTHON) is {v[0]}.{v[1]}. Try: make run PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.runs

run: $(VENV)/.runs ## Start the dashboard on this machine
	$(BIN)/python serve.py --port $(PORT)

test: $(VENV)/.tests ## Everything: unit, property, pages, browser, notebooks
	HOLDFAST_CHROMIUM="$$($(BIN)/python tests/browser/chromium.py)" $(BIN)/python -m pytest -n 2 --dist loadfile -ra -q

check: $(VENV)/.tests ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

look: $(VENV)/.tests ## Pictures of every page, in every size, theme and data set, into look/
	HOLDFAST_CHROMIUM="$$($(BIN)/python tests/browser/chromium.py)" $(BIN)/python tests/browser/look.py

clean: ## Remove what make made; your data in .holdfast/ stays
	rm -rf $(VENV) look .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help run test check look clean
