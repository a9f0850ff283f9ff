# One word per chore; each does all its own set-up.
.PHONY: help demo run test check bench clean
.DEFAULT_GOAL := help
BIN := .venv/bin

help: ## what each word does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1	/'

demo: ## set everything up and show the whole story (SCRIPT=1: play it by itself and exit)
	@scripts/setup run
	@$(BIN)/chatgrow demo $(if $(SCRIPT),--script)

run: ## run the hub with config/chatgrow.yaml
	@scripts/setup run
	@$(BIN)/chatgrow run

test: ## the tests, in minutes
	@scripts/setup dev
	@$(BIN)/pytest -q $(ARGS)

check: ## style, types, configuration, generated files
	@scripts/setup dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/chatgrow check

bench: ## figures, measured side by side
	@scripts/setup dev
	@$(BIN)/python -m tests.bench

clean: ## remove what set-up made (sessions and logs stay)
	rm -rf .venv plugins/engine_web/node_modules .demo
