# `make help` lists what there is. Everything sets itself up first: python3 (3.11 or newer) suffices.

BIN := .venv/bin
SET_UP := infrastructure/deployment/set-up.sh
PACKAGES := domain application projections infrastructure interfaces
# More options for pytest or the benchmark: make test ARGS="-k streaming"
ARGS ?=

.PHONY: help run test check bench soak fmt lock
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

run: .venv/.run ## serve everything on PORT (default 8000), state in VAR_DIR (default ./var)
	@exec $(BIN)/live serve

test: .venv/.dev ## run the tests against real MySQL, MariaDB and Redis
	@$(BIN)/pytest -n auto --maxprocesses 4 $(ARGS)

check: .venv/.dev ## formatting, lint, layers, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/pyright

bench: .venv/.dev ## measure against baselines of the same run; BENCH_JSON=file keeps the figures
	@$(BIN)/python -m tests.support.services -- $(BIN)/live bench $(ARGS)

soak: .venv/.dev ## keep 5,000 viewers in a room for ten minutes, and see that memory stays flat
	@$(BIN)/python -m tests.support.services -- $(BIN)/python -m interfaces.bench.room.soak $(ARGS)

fmt: .venv/.dev ## format and fix what can be fixed safely
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## renew the lock files from pyproject.toml
	@sh $(SET_UP) lock

.venv/.run: requirements.lock pyproject.toml $(SET_UP)
	@sh $(SET_UP) run
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml $(SET_UP)
	@sh $(SET_UP) dev
	@touch $@ .venv/.run
