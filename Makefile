# Two commands need nothing before them: `make demo` and `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/.made
# One file to one worker: what a file shares (a browser, a backed-up node) is made once.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# The tests start many programs, which begin a second sooner from compiled files.
unexport PYTHONDONTWRITEBYTECODE
# What only the system's package manager has, as `command or file:package:why`.
SYSTEM := chromium:chromium:the_browser_of_the_tests \
	mosquitto_pub:mosquitto-clients:a_device_that_publishes \
	mosquitto:mosquitto:a_broker_to_test_with \
	/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:fonts-noto-cjk:Chinese_on_screenshots \
	/usr/lib/postgresql/15/bin/postgres:postgresql-15:the_oldest_database_that_is_supported
BROWSER := /usr/bin/chromium
# Node.js of the system where it is new enough, else the one inside the virtual environment.
NODE_OLD := $(shell node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null || echo yes)

# Behind a network's own certificate authority pip and git know it from the system; Node.js doesn't.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif

.PHONY: help setup system demo style test coverage test-pg15 proof lint bench clean translations

help: ## say what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# ------------------------------------------------------------------ setting up

setup: $(STAMPS)/python $(STAMPS)/vendor translations ## everything inside the checkout, from locked versions

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Custos needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null && $(PYTHON) -m venv .venv \
		|| { echo "$(PYTHON) can't make a virtual environment. On Debian: sudo apt install python3-venv" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: requirements/dev.txt pyproject.toml | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/vendor: package-lock.json package.json $(wildcard src/custos/foundation/ui/static_src/*) $(STAMPS)/python
ifeq ($(NODE_OLD),yes)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm run --silent vendor
else
	npm ci --silent
	npm run --silent vendor
endif
	@touch $@

translations: $(STAMPS)/python
	@$(BIN)/python -m custos.foundation.ui.translations compile

system: ## what only the system's package manager has (root)
	@wanted=""; why=""; for one in $(SYSTEM); do \
		IFS=: read -r thing package reason <<< "$$one"; \
		[ -e "$$thing" ] || command -v "$$thing" >/dev/null || [ -e "/usr/sbin/$$thing" ] || { \
			wanted="$$wanted $$package"; why="$$why  $$package: $${reason//_/ }\n"; }; \
	done; \
	if [ -z "$$wanted" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then as=""; \
	elif sudo -n true 2>/dev/null; then as="sudo -n"; \
	else printf "The tests need from the system:\n$${why}Install them by\n  sudo make system\n" >&2; exit 1; fi; \
	$$as env DEBIAN_FRONTEND=noninteractive apt-get -qq update; \
	$$as env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y $$wanted >/dev/null

# ------------------------------------------------------------------ running

demo: setup ## a living facility at http://localhost:8000
	@exec $(BIN)/custos demo $(DEMO)

# ------------------------------------------------------------------ testing

lint: style ## style, layers and types
	$(BIN)/mypy

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# Types are checked by one thread, which beside the tests takes what they leave of two processors.
test: system style ## everything that must hold, by samples
	@mkdir -p build; echo "$(BIN)/mypy, beside the tests"; \
	$(BIN)/mypy > build/types.txt 2>&1 & types=$$!; trap "kill $$types 2>/dev/null || true" EXIT; \
	tested=0; $(PYTEST) -m "not proof" $(TEST) || tested=$$?; \
	wait $$types || { cat build/types.txt; exit 1; }; \
	cat build/types.txt; exit $$tested

coverage: system setup ## the same, counting which lines and branches were run
	$(PYTEST) -m "not proof" --cov --cov-report=term:skip-covered $(TEST)

test-pg15: system setup ## the same on Debian's PostgreSQL 15
	CUSTOS_PG_BIN=/usr/lib/postgresql/15/bin $(PYTEST) -m "not proof" $(TEST)

proof: system setup ## the same properties at full size (hours)
	$(PYTEST) --hypothesis-profile=proof $(TEST)

bench: setup ## the figures, beside their targets
	@for name in $$($(BIN)/custos bench); do $(BIN)/custos bench $$name $(BENCH) || exit 1; done

clean: ## forget what setup made (keeps data/)
	rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
