# One word per chore; each does all its own set-up.
.PHONY: help demo run test check accept pictures bench load clean
.DEFAULT_GOAL := help
BIN := .venv/bin
# what Python has compiled is kept, whatever the shell says: demo and tests start many short processes
unexport PYTHONDONTWRITEBYTECODE

help: ## what each word does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1	/'

demo: ## set everything up and show the whole story (SCRIPT=1: play it by itself and exit)
	@scripts/setup run
	@$(BIN)/chatgrow demo $(if $(SCRIPT),--script)

run: ## run the hub with config/chatgrow.yaml (as root: as the user chatgrow)
	@scripts/setup run
	@$(BIN)/python scripts/run.py

test: ## the tests, in minutes
	@scripts/setup dev
	@$(BIN)/pytest -q -m "not slow" -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## style, types, configuration, generated files
	@scripts/setup dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/chatgrow check

accept: ## slow proofs, each with its figures (ONLY=AC-06: one of them), and the built wheel among strangers
	@scripts/setup dev
	@$(BIN)/python -m tests.accept $(if $(ONLY),--only $(ONLY))
	@$(if $(ONLY),,$(BIN)/pytest -q tests/accept $(ARGS))
	@$(if $(ONLY),,$(BIN)/pytest -q -m slow $(ARGS))

pictures: ## the README's pictures, made anew from the running product
	@scripts/setup dev
	@$(BIN)/python -m scripts.screenshots
	@$(BIN)/chatgrow demo --script | scripts/picture > docs/demo.svg
	@$(BIN)/python -m tests.plugins.auto_reply.replay.bakery

bench: ## figures, measured side by side
	@scripts/setup dev
	@$(BIN)/python -m tests.bench

load: ## a mix of calls on a hub of its own for a minute (ARGS="--url ...": on another)
	@scripts/setup dev
	@$(BIN)/python -m tests.bench.load $(ARGS)

clean: ## remove what set-up made (sessions and logs stay)
	rm -rf .venv plugins/*/node_modules tests/plugins/*/node_modules .demo
