"""`sketch publish` asks where to, unless it runs from the sources."""

import pytest
from toy_recogniser import make_corpus, make_pen

import sketch as package


@pytest.fixture
def pen(tmp_path, monkeypatch, capsys):
    corpus = make_corpus(tmp_path / "toy.hdf5")
    pen = make_pen(corpus, tmp_path / "experiments", monkeypatch)
    capsys.readouterr()  # what the training said
    return pen


def test_an_installed_sketch_is_not_written_into(sketch, pen, tmp_path, monkeypatch):
    installed = tmp_path / "site-packages" / "sketch"
    installed.mkdir(parents=True)
    monkeypatch.setattr(package, "__file__", str(installed / "__init__.py"))
    words = ("publish", "--model", pen.name, "--condition", "Anybody may use it.")
    result = sketch(*words)
    assert result.code == 2 and "Missing option '--output'" in result.err
    assert list(installed.iterdir()) == []
    result = sketch(*words, "-o", "given")
    assert (result.code, result.out) == (0, f"given/{pen.name}\n")
    (installed.parent / "pyproject.toml").touch()
    assert sketch(*words).out == f"{installed / 'hands' / pen.name}\n"
