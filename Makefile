# make run    everything a first look needs, then http://127.0.0.1:8000
# make demo-county   a county of the real size in .data-county
# make test   unit and API tests on SQLite, those of the database on PostgreSQL too, then in a browser
# make check  formatting, types, imports, migrations, settings
# make bench  what the benchmarks measure, beside what else one could use
# Settings go behind: `make run PORT=8001 DATA_DIR=.data-county` (without: 8000 and .data), DEMO=off for nobody invented,
# WORKERS=1 for tests on one core, INSTALLER=pip without uv; CI=true makes a missing browser a failure.

SHELL := /bin/bash
# Compiled once, not by every process of the tests and every program they start.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
UV := .tools/bin/uv
UV_STAMP := .tools/uv-$(UV_VERSION).stamp
PY := .venv/bin/python
INSTALLER ?= uv
WORKERS ?= 2
BROWSER_PATH ?= $(firstword $(shell command -v chromium chromium-browser google-chrome google-chrome-stable 2>/dev/null))
RUN_STAMP := .venv/run.stamp
TEST_STAMP := .venv/test.stamp

# Keys for commands that only look at the code.
LOOK := env -u DATABASE_URL ENV_FILE=/dev/null SECRET_KEY=only-for-looking-at-the-code-0123456789-abcdefghijklmnop \
	FIELD_ENCRYPTION_KEYS=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= DATA_DIR=$(CURDIR)/.data/check
AS_DEPLOYED := $(LOOK) PUBLIC_URL=https://qianshou.example.org ALLOWED_HOSTS=qianshou.example.org
# pytest answers 5 when nothing was collected.
SOME := || [ $$? -eq 5 ]

.PHONY: help run demo-county test test-all test-sqlite test-pg test-browser check bench lock clean

help:
	@sed -n '/^#/!q;s/^# //p' Makefile

run: $(RUN_STAMP)
	@$(PY) -m backend.ops.write_env
	@exec $(PY) manage.py serve

# A county of the real size in a folder of its own; `make run DATA_DIR=.data-county` serves it.
demo-county: $(RUN_STAMP)
	@$(PY) -m backend.ops.write_env
	@DATA_DIR=.data-county $(PY) manage.py demo --size county

test: test-sqlite test-pg test-browser

test-sqlite: $(TEST_STAMP)
	@echo "== tests on SQLite"
	env -u DATABASE_URL .venv/bin/pytest -n $(WORKERS) -m "not browser and not slow" $(ARGS)

# What asks no database says the same on both; it is run on SQLite.
test-pg: $(TEST_STAMP)
	@echo "== tests of the database on PostgreSQL"
	$(PY) -m tests.postgres .venv/bin/pytest -n $(WORKERS) -m "not browser and not slow and not no_database" $(ARGS)

ifneq ($(BROWSER_PATH),)
test-browser: $(TEST_STAMP)
	@echo "== tests in $(BROWSER_PATH)"
	env -u DATABASE_URL BROWSER_PATH=$(BROWSER_PATH) DJANGO_ALLOW_ASYNC_UNSAFE=true .venv/bin/pytest -m "browser and not slow" $(ARGS) $(SOME)
else ifeq ($(CI),true)
test-browser:
	@echo "No Chromium or Chrome found, and CI=true asks for the browser tests (Debian: apt install chromium fonts-noto-cjk libatomic1 curl)." >&2; exit 1
else
test-browser:
	@echo "No Chromium or Chrome found: browser tests left out (Debian: apt install chromium fonts-noto-cjk libatomic1 curl)."
endif

# Minutes, not seconds: every process killed in turn, long races.
test-all: test
	env -u DATABASE_URL .venv/bin/pytest -m "slow and not browser" $(SOME)
	$(PY) -m tests.postgres .venv/bin/pytest -m "slow and not browser" $(SOME)

check: $(TEST_STAMP)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	$(LOOK) PYTHONPATH=. .venv/bin/mypy backend matching activities notifications manage.py
	$(LOOK) $(PY) manage.py makemigrations --check --dry-run
	$(AS_DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING
	$(LOOK) $(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PY) -m tests.catalogues

bench: $(TEST_STAMP)
	$(if $(filter uv,$(INSTALLER)),$(UV) sync --frozen --inexact --quiet --group peers --group perf)
	@for file in benchmarks/*/__main__.py; do \
		name=$$(dirname $$file | tr / .); echo "== $$name"; $(LOOK) $(PY) -m $$name $(ARGS) || exit 1; done

# After a change of dependencies in pyproject.toml.
lock: $(UV_STAMP)
	$(UV) lock
	$(UV) export --frozen --no-dev --no-annotate --quiet --output-file .ci/requirements.txt
	$(UV) export --frozen --group test --group lint --group pg --group clients --no-annotate --quiet --output-file .ci/requirements-test.txt

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(UV_STAMP):
	@rm -rf .tools && python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

ifeq ($(INSTALLER),pip)
$(RUN_STAMP): .ci/requirements.txt
	@test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.txt
	@touch $@

$(TEST_STAMP): .ci/requirements-test.txt
	@test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-test.txt
	@touch $@ $(RUN_STAMP)
else
# --inexact: what another target installed may stay.
$(RUN_STAMP): uv.lock | $(UV_STAMP)
	$(UV) sync --frozen --inexact --compile-bytecode --quiet
	@touch $@

$(TEST_STAMP): uv.lock | $(UV_STAMP)
	$(UV) sync --frozen --inexact --compile-bytecode --quiet --group test --group lint --group pg --group clients
	@touch $@ $(RUN_STAMP)
endif
