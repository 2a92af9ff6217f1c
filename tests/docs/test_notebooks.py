"""The notebooks are kept without outputs, and run from a fresh clone, at toy size."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sketch.corpus.demo import DEMO_VERSION, demo_sets
from sketch.corpus.hdf5 import write_corpus

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TOY_LINES = 48  # two by each hand of the demo corpus, less than a batch

each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS]
)


@pytest.fixture
def toy_size(tmp_path, monkeypatch):
    """A small corpus where the demo corpus is looked for."""
    write_corpus(
        tmp_path / "sketch" / f"demo-{DEMO_VERSION}.hdf5",
        demo_sets(TOY_LINES),
        source="demo corpus, a few lines",
        command="a test",
        seed=0,
        split="random",
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SKETCH_EXPERIMENTS", str(tmp_path / "experiments"))
    monkeypatch.delenv("SKETCH_MODEL", raising=False)
    # Nothing of the user's own Jupyter, and no plots of a window.
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # jupyter_core warns without
    return tmp_path


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["inspect_data", "write"]


@each_notebook
def test_kept_without_outputs(path):
    """Outputs are large, change with every run, and may show a user's own data."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, (
            f"{path.name}, cell {cell.id}: clear all outputs before committing"
        )
        assert set(cell.metadata) <= {"jupyter"}, f"{path.name}, cell {cell.id}"


@each_notebook
def test_runs(path, toy_size):
    notebook = nbformat.read(path, as_version=4)
    # Kernels start where their notebook is, as under `jupyter lab`.
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 10
    there = {path.name for path in FOLDER.iterdir()} - {".ipynb_checkpoints"}
    assert there == {path.name for path in NOTEBOOKS}  # nothing was left beside them
