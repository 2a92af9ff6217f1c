"""`sketch export`: each refusal is one line; what it writes is in tests/docs."""

import sys

import pytest
from untrained import make_experiment


@pytest.fixture
def toy(root):
    return make_experiment(root, with_weights=False, name="toy").name


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named(sketch, toy, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    result = sketch("export", toy, "-o", "pen.onnx")
    remedy = "pip install onnx onnxruntime"
    assert result == (1, "", f"Error: {missing} is not installed: {remedy}\n")


def test_what_cannot_be_written_is_told_before_any_work(sketch, toy, tmp_path):
    (tmp_path / "pen.onnx").write_text("mine")
    result = sketch("export", "--model", toy, "-o", "pen.txt")
    assert result.code == 2 and "must end with .onnx; received pen.txt" in result.err
    result = sketch("export", "--model", toy, "-o", "pen.onnx")
    assert result == (1, "", "Error: pen.onnx is there already; --force overwrites\n")
    result = sketch("export", "--model", toy, "-o", "pen.onnx/deeper.onnx")
    assert result.code == 1 and result.err.count("\n") == 1
    assert "pen.onnx" in result.err
    assert (tmp_path / "pen.onnx").read_text() == "mine"


def test_a_recogniser_is_refused(sketch, recogniser):
    result = sketch("export", recogniser.name, "-o", "pen.onnx")
    told = f"Error: {recogniser.name!r} is a recogniser, not an experiment\n"
    assert result == (1, "", told)
