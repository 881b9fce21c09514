# Two commands on a bare machine with Python 3.11 or newer: `make audit` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Labelled posts and their school's folder, for the accuracy section of the README.
POSTS ?= ../shared/corpus/posts.jsonl
LABELLED_SCHOOL ?= ../shared/corpus

# Sample exports, for docs/formats.md.
EXPORTS ?= ../shared/exports

.PHONY: audit test lint docs accuracy formats sample fuzz clean

audit: $(VENV)/.audit
	SOCIAL_AUDIT_HOME=build/home $(BIN)/social-audit sample --output build/audit

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Rewrites docs/rules.md from the rules.
docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py

# Rewrites the accuracy section of the README from measured figures.
accuracy: $(VENV)/.dev
	$(BIN)/python docs/generate.py --posts $(POSTS) --school $(LABELLED_SCHOOL)

# Rewrites docs/formats.md: what is read of each of a collection of sample exports.
formats: $(VENV)/.dev
	$(BIN)/python docs/generate.py --exports $(EXPORTS)

# Rebuilds the sample school's pictures and exports.
sample: $(VENV)/.audit
	$(BIN)/python data/sample/build.py

# Damaged exports for an hour: nothing but a refusal in one line may come of them.
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz_readers --seconds $(or $(SECONDS),3600)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.audit: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@ $(VENV)/.audit

clean:
	rm -rf $(VENV) build dist
