# Two commands matter: `make demo` opens the workbench on a sample collection, `make test` checks everything.
# Nothing has to be installed before but Python 3.11 or newer.

PYTHON  ?= python3
VENV    ?= .venv
PORT    ?= 8888
BROWSER ?= yes
DEMO    ?= demo

BIN     := $(VENV)/bin
OTHER_DUCKDB := 1.5.6

.PHONY: demo test lint types imports unit duckdb1 js notebooks browser bench clean

$(VENV)/ready: pyproject.toml
	@echo "Setting up in $(VENV): a few minutes, the first time only."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --seed $(VENV) && uv pip install --quiet --python $(BIN)/python -e '.[demo]' --group test; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' \
	  && $(BIN)/python -m pip install --quiet -e '.[demo]' --group test; \
	fi
	@echo '{}' > $(VENV)/package.json  # or Node takes JupyterLab's own scripts for ES modules, as ours are
	@touch $@

demo: $(VENV)/ready
	@$(BIN)/python -m workbench.demo --folder "$(DEMO)" --port "$(PORT)" --browser "$(BROWSER)"

test: $(VENV)/ready
	@$(BIN)/python tests/run.py

clean:
	rm -rf $(VENV) $(VENV)-* build dist demo node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
