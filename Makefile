# `make demo` and `make test` do all their own set-up, in .venv.
PYTHON ?= python3
# Further extras, e.g. `make test EXTRAS=test,torch` (the default torch is a large one
# with CUDA; install a CPU build of it into .venv first if you want that).
EXTRAS ?= test

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRAS)

# Two minutes on two cores; its name is checked by tests/test_structure.py.
DEMO_OPTIONS := --name demo --depth 1 --dim 256 -G 20 --bs 16 --lr 3e-3 --schedule one-cycle --epochs 2
DEMO_NAME := demo-1X256-G20-bs16-lr3e-3-one-cycle

# A process for each core, a file in one of them: its fixtures are made once.
EACH_CORE := --numprocesses auto --dist loadfile

# Written by the hand that comes with sketch, if one does.
SENTENCE := "Every letter is a line that went somewhere."

.PHONY: demo test test-slow lint

demo: $(READY)
	$(BIN)/sketch train $(DEMO_OPTIONS) $(if $(wildcard experiments/$(DEMO_NAME)),--model continue)
	$(if $(wildcard sketch/hands/default),$(BIN)/sketch write $(SENTENCE) -o experiments/sentence.png --force)
	@echo "Its handwriting: $(CURDIR)/experiments/$(DEMO_NAME)/sketch.png"

test: $(READY)
	$(BIN)/python -m pytest --quiet $(EACH_CORE)

# A hundred kills, thousands of damaged files: docs/reliability.md.
test-slow: $(READY)
	$(BIN)/python -m pytest --quiet -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@
