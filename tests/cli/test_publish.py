"""`sketch publish`: where to is always asked for."""

import pytest
from toy_recogniser import make_corpus, make_pen


@pytest.fixture
def pen(tmp_path, monkeypatch, capsys):
    corpus = make_corpus(tmp_path / "toy.hdf5")
    pen = make_pen(corpus, tmp_path / "experiments", monkeypatch)
    capsys.readouterr()  # what the training said
    return pen


def test_publish_without_output_is_wrong_usage(sketch, pen):
    words = ("publish", "--model", pen.name, "--condition", "Anybody may use it.")
    result = sketch(*words)
    assert result.code == 2 and "Missing option '-o' / '--output'" in result.err
    result = sketch(*words, "-o", "given/short")
    assert (result.code, result.out) == (0, "given/short\n")
