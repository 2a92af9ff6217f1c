# `make demo` and `make test` do all their own set-up, in .venv.
PYTHON ?= python3
EXTRAS ?= test

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRAS)

# Two minutes on two cores; its name is checked by tests/test_structure.py.
DEMO_OPTIONS := --name demo --depth 1 --dim 256 -G 20 --bs 16 --lr 3e-3 --schedule one-cycle --epochs 2
DEMO_NAME := demo-1X256-G20-bs16-lr3e-3-one-cycle

# A process for each core, with its share of the tests in their order, so that what
# those of a file have in common is made once; who is done first takes of the others'.
EACH_CORE := --numprocesses auto --dist worksteal

# Written by the pretrained model, on a strip of paper.
SENTENCE := "Every letter is a line that went somewhere."

# What depends on the backend. Each of the others has a venv of its own, as its users
# have it, with a build for the CPU alone where pip is offered one; for torch
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu does.
BACKEND_TESTS := tests/model tests/evaluation tests/test_api.py tests/cli/test_backends.py \
	$(addprefix tests/generation/test_, sampling.py primed_lines.py texts.py) \
	tests/experiment/test_old.py tests/writing/test_onnx_file.py \
	$(addprefix tests/training/test_, backends.py optimizer.py network_run.py)
PACKAGES_tensorflow := 'tensorflow-cpu>=2.21,<3' 'tensorboard>=2.21,<3'
# What TensorBoard reads is written under JAX, too.
AND_tensorflow = .venv-$*/bin/python -m pytest --quiet tests/training/test_board_tensorflow.py
PACKAGES_torch := 'torch==2.13.0'

# Or each process of the tests would compile sketch and pytest's tests anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-slow test-optimised test-tensorflow test-torch test-oldest test-wheel lint

demo: $(READY)
	$(BIN)/sketch train --experiments experiments $(DEMO_OPTIONS) $(if $(wildcard experiments/$(DEMO_NAME)),--model continue)
	$(BIN)/sketch write $(SENTENCE) --paper 170x24 --margin 6 --seed 1 -o experiments/sentence.png --force
	@echo "Its handwriting: $(CURDIR)/experiments/$(DEMO_NAME)/sketch.png"

test: $(READY)
	$(BIN)/python -m pytest --quiet $(EACH_CORE)

# What users run: XLA's programs optimised, which tests/conftest.py spares the others.
test-optimised: $(READY)
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 $(BIN)/python -m pytest --quiet $(EACH_CORE) \
		tests/model tests/generation/test_sampling.py tests/writing/test_pen.py \
		$(addprefix tests/training/test_, backends.py recogniser_run.py)

# A hundred kills, thousands of damaged files: docs/reliability.md.
test-slow: $(READY)
	$(BIN)/python -m pytest --quiet -m slow

test-tensorflow test-torch: test-%: .venv-%/.ready
	OMP_NUM_THREADS=1 KERAS_BACKEND=$* .venv-$*/bin/python -m pytest --quiet $(EACH_CORE) $(BACKEND_TESTS)
	$(AND_$*)

# The oldest releases that pyproject.toml allows, under a core of what calls them: JAX and
# Keras, h5py, lxml, matplotlib and Pillow, click, starlette, ONNX. Their programs are
# optimised, too.
OLDEST_TESTS := tests/model/test_recurrent.py tests/generation/test_sampling.py \
	tests/training/test_backends.py tests/writing/test_onnx_file.py \
	$(addprefix tests/experiment/test_, checkpoint.py old.py weights_file.py) \
	tests/figures/test_pictures.py tests/page/test_page_files.py tests/ink/test_ink_files.py \
	tests/corpus/test_hdf5.py tests/cli/test_main.py tests/web/test_server.py
# Beside newer releases of what they need themselves, they are told to change.
OLDEST_TESTS += -W ignore::DeprecationWarning

test-oldest: .venv-oldest/.ready
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 .venv-oldest/bin/python -m pytest --quiet $(EACH_CORE) $(OLDEST_TESTS)

# The wheel in an empty environment, folder and home writes a line with each model.
test-wheel: $(READY)
	$(BIN)/python .ci/wheel.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

.venv-%/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --editable '.[test]' $(PACKAGES_$*)
	touch $@

.venv-oldest/.ready: pyproject.toml .ci/oldest.py
	$(PYTHON) -m venv .venv-oldest
	$(PYTHON) .ci/oldest.py onnx web test > .venv-oldest/constraints.txt
	.venv-oldest/bin/python -m pip install --quiet --editable '.[test]' --constraint .venv-oldest/constraints.txt
	touch $@
