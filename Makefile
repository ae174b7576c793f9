# Needs Python 3.11 or newer, and make. Everything else goes into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
NLP := .venv-nlp
HUB := .venv-hub
CLIENT := .venv-client
NODE := .venv-node
STAMP := $(VENV)/.installed
RECENT := import sys; sys.exit(sys.version_info < (3, 11))

# The first Python on the path that is new enough; another: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(RECENT)' >/dev/null 2>&1 && { echo "$$python"; break; }; done)
# How many processes run the tests: a number, or "auto" for one per core
JOBS ?= auto
# More for pytest: make test ARGS="-k fetch -x"; for a measurement: make bench-search ARGS="--rounds 9"
ARGS ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## make .venv with the locked dependencies and the copydesk command

$(STAMP): pyproject.toml requirements/base.txt requirements/dev.txt
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(RECENT)' || { \
		echo "Copydesk needs Python 3.11 or newer. Found: $$($(or $(PYTHON),python3) --version 2>&1)" >&2; \
		echo "Install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: its venv module is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making $(VENV) with $(PYTHON) …"; "$(PYTHON)" -m venv --clear $(VENV); }
	@echo "Installing the locked dependencies …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run
run: setup ## serve on http://127.0.0.1:8000, with polling on
	@$(BIN)/copydesk serve

.PHONY: demo
demo: setup ## a small publisher on loopback, polled and shown; needs no internet
	@$(BIN)/copydesk demo

.PHONY: hub
hub: $(HUB)/.installed ## make .venv-hub with a WebSub hub of others' making, which a test talks to

$(HUB)/.installed: requirements/hub.txt
	@"$(or $(PYTHON),python3)" -m venv --clear $(HUB)
	@$(HUB)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/hub.txt
	@touch $@

.PHONY: client
client: $(CLIENT)/.installed ## make .venv-client with a generator of clients, which a test has make one of docs/openapi.json

$(CLIENT)/.installed: requirements/client.txt
	@"$(or $(PYTHON),python3)" -m venv --clear $(CLIENT)
	@$(CLIENT)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/client.txt
	@touch $@

.PHONY: newsapi-client
newsapi-client: $(NODE)/.installed ## make .venv-node with NewsAPI's client for Node, which a test has talk to us

# Without it, the tests that need it say so, and are skipped.
$(NODE)/.installed: tests/flow/newsapi_client/package-lock.json
	@mkdir -p $(NODE) && cp tests/flow/newsapi_client/package*.json $(NODE)
	@npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --silent && touch $@ \
		|| echo "npm is missing or could not install: no client of NewsAPI for Node" >&2

.PHONY: test
test: setup hub client newsapi-client ## the whole suite, on SQLite and on a PostgreSQL of its own
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

.PHONY: check
check: setup ## all that is checked without running the service: style, types, layers, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q tests/test_house.py tests/test_docs.py tests/test_docker.py tests/test_starter.py

.PHONY: format
format: setup ## bring the code into the one form, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: coverage
coverage: setup ## the suite with branch coverage: core 100 %, all 90 %; a page in htmlcov/
	$(BIN)/pytest -n $(JOBS) --dist worksteal --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)
	$(BIN)/coverage report --include='app/core/*' --fail-under=100 --skip-covered
	$(BIN)/coverage report --fail-under=90 --format=total

.PHONY: fleet
fleet: setup ## a thousand feeds, two pollers and two servers on one PostgreSQL, and a kill -9
	FLEET_FEEDS=1000 $(BIN)/pytest -q tests/flow/test_fleet.py $(ARGS)

.PHONY: failover
failover: setup ## a PostgreSQL restarted, and one killed whose standby is promoted, under load
	FAILOVER_FEEDS=300 $(BIN)/pytest -q -s tests/flow/test_database_away.py $(ARGS)

.PHONY: upgrade-check
upgrade-check: setup ## the release before, at work while its database gets the schema of this one
	UPGRADE_FEEDS=100 $(BIN)/pytest -q -s tests/flow/test_previous_release.py $(ARGS)

.PHONY: soak-sqlite
soak-sqlite: setup ## five minutes of API and poller at full speed on one SQLite file
	SOAK_S=300 SOAK_FEEDS=200 $(BIN)/pytest -q -s tests/flow/test_sqlite_load.py $(ARGS)

.PHONY: chaos
chaos: setup ## 3,000 feeds that misbehave, 4 pollers killed 200 times, and what must hold after; 40 minutes
	$(BIN)/python -m tests.chaos --feeds 3000 --kills 200 --minutes 30 $(ARGS)

.PHONY: chaos-quick
chaos-quick: setup ## the same in under 2 minutes: fewer feeds, fewer kills
	$(BIN)/python -m tests.chaos --feeds 80 --kills 10 --minutes 0.6 $(ARGS)

.PHONY: budget
budget: setup ## 10,000 feeds due at once under a budget of requests, counted where they arrive
	$(BIN)/python -m tests.chaos.budget $(ARGS)

.PHONY: openapi
openapi: setup ## write the API's description to docs/openapi.json
	$(BIN)/python -m tests.tools.openapi

.PHONY: screenshots
screenshots: setup ## pictures of every page of the console, in reports/screenshots and docs/images
	$(BIN)/python -m tests.tools.screenshots

.PHONY: boilerplate-quality
boilerplate-quality: setup ## how well lines that sources repeat are told from their stories
	@$(BIN)/python -m tests.tools.repeated_lines

.PHONY: corpus
corpus: setup ## poll every feed of the shared test data and report
	$(BIN)/python -m tests.tools.corpus_report

.PHONY: normal-form
normal-form: setup ## how good the normal form is: gofeed's goldens, traps, our goldens, pages
	$(BIN)/python -m tools.normal_form

.PHONY: simulate
simulate: setup ## rules of polling on 10,000 made-up feeds: a table, and the pictures of docs/polling.md
	$(BIN)/python -m tools.simulate --jobs $(SIMULATE_JOBS) --picture docs/polling.svg $(ARGS)
	$(BIN)/python -m tools.simulate --jobs $(SIMULATE_JOBS) --no-hints --picture docs/polling-unasked.svg $(ARGS)
SIMULATE_JOBS ?= 2

.PHONY: simulate-quick
simulate-quick: setup ## the same on 300 feeds, and no picture
	$(BIN)/python -m tools.simulate --feeds 300 $(ARGS)

.PHONY: bench-search
bench-search: setup ## how long searches take on both engines, of STORIES made-up stories (200000)
	$(BIN)/python -m bench.search --stories $(STORIES) $(ARGS)
STORIES ?= 200000

.PHONY: bench-normal
bench-normal: setup ## what the normal form costs, by story and by feed, beside those that do less
	$(BIN)/python -m bench.normal $(ARGS)

.PHONY: bench-clusters
bench-clusters: setup ## what it costs a story to be compared with those that are there
	$(BIN)/python -m bench.clusters $(ARGS)

.PHONY: bench-rules
bench-rules: setup ## what operators' rules cost a story, ten or ten thousand, and a change of one
	$(BIN)/python -m bench.rules $(ARGS)

.PHONY: bench-sse
bench-sse: setup ## how late a story is with 1,000 clients on one server's stream of events
	$(BIN)/python -m bench.sse $(ARGS)

.PHONY: bench-console
bench-console: setup ## how long the console's pages take, of few stories and feeds and of many
	$(BIN)/python -m bench.console $(ARGS)

.PHONY: bench-searches
bench-searches: setup ## what saved searches cost a story, ten or ten thousand
	$(BIN)/python -m bench.searches $(ARGS)

.PHONY: search-quality
search-quality: setup ## whether headlines and half sentences of the test data find their texts
	$(BIN)/python -m bench.quality $(ARGS)

.PHONY: full-text-quality
full-text-quality: setup ## how well articles are taken from the pages of the test data
	$(BIN)/python -m tools.full_text

.PHONY: tag-quality
tag-quality: setup ## how well people, organizations, places and media topics are found
	@$(BIN)/python -m tools.tag_quality_topics
	@$(BIN)/python -m tools.tag_quality_names
	@$(BIN)/python -m tools.tag_quality_places

# Beside .venv, since spaCy takes 280 MB
.PHONY: nlp-check
nlp-check: $(NLP)/.installed ## the tests of the extra nlp, and how well names are found with it, in .venv-nlp
	@$(NLP)/bin/python -m pytest tests/ingest/test_english_model.py $(ARGS)
	@$(NLP)/bin/python -m tools.tag_quality_names

$(NLP)/.installed: pyproject.toml requirements/dev.txt requirements/nlp.txt
	@"$(or $(PYTHON),python3)" -m venv --clear $(NLP)
	@$(NLP)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements/dev.txt --requirement requirements/nlp.txt
	@$(NLP)/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: cluster-quality
cluster-quality: setup ## whether edited copies of the test data are found as reprints, and nothing else
	$(BIN)/python -m bench.cluster_quality $(ARGS)

.PHONY: wheel
wheel: setup ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

.PHONY: wheel-check
wheel-check: setup ## install the wheel into an empty environment and run it there
	$(BIN)/pytest -q -m slow tests/test_wheel.py

.PHONY: lock
lock: setup ## choose the newest dependencies that fit, and write requirements/
	$(LOCK) pyproject.toml -o requirements/base.txt
	$(LOCK) pyproject.toml --group dev -c requirements/base.txt -o requirements/dev.txt
	$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt
	echo flask-websub | $(LOCK) - -o requirements/hub.txt
	echo openapi-python-client | $(LOCK) - -o requirements/client.txt
	$(LOCK) pyproject.toml --extra nlp -c requirements/dev.txt -o requirements/nlp.txt
	$(LOCK) pyproject.toml --extra otel -c requirements/dev.txt -o requirements/otel.txt
	sed -i 's/^lxml\[html-clean\]/lxml[html_clean]/' \
		requirements/base.txt requirements/dev.txt requirements/nlp.txt requirements/otel.txt
# With extras: pip does not see that `coverage` pins the `coverage[toml]` that another asks for.
# And pip before 23.3 takes `html-clean` and the `html_clean` that justext asks for to be two extras.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-header --no-annotate

.PHONY: clean
clean: ## remove .venv and everything else that was made here, but no database
	rm -rf $(VENV) $(HUB) $(CLIENT) $(NODE) build dist htmlcov reports .coverage* *.egg-info \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
