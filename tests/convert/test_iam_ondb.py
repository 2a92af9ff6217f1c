"""The real IAM-OnDB, where it is: the published counts, exactly."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sketch.convert import SPLITS
from sketch.convert.iam import IamCollector
from sketch.convert.splits import form_of, split_lines
from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import Corpus

pytestmark = pytest.mark.iam
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def database(iam_source):
    return IamCollector().collect([iam_source])


def test_collect_of_iam_ondb_finds_all_lines(database):
    assert len(database.lines) == 12_195
    assert not database.left_out
    sizes = {name: len(forms) for name, forms in database.split_lists.items()}
    assert sizes == {
        "trainset": 775,
        "testset_v": 192,
        "testset_t": 216,
        "testset_f": 544,
    }
    assert len({form_of(line.line_id) for line in database.lines}) == 1730
    lengths = [len(line.strokes) for line in database.lines]
    assert max(lengths) == 1939 and sum(lengths) == 7_644_672


def test_collect_of_iam_ondb_doubts_two_forms(database):
    doubts = dict(database.in_doubt)
    assert doubts.keys() == {"a08-551z", "z01-000z"}
    texts = {line.line_id: line.transcript for line in database.lines}
    assert texts["a08-551z-08"].endswith("ankle bone")
    assert texts["a08-551z-09"] == "pinned."
    assert [name for name, text in texts.items() if not text] == [
        f"z01-000z-{number:02d}" for number in range(1, 9)
    ]
    assert texts["a01-000u-01"] == "A MOVE to stop Mr . Gaitskell"
    assert not any("\r" in text or "&apos;" in text for text in texts.values())


@pytest.mark.parametrize("split", SPLITS)
def test_split_lines_of_iam_ondb_keeps_every_line(database, split):
    sets = split_lines(database.lines, database.split_lists, split, seed=0)
    ids = {name: {line.line_id for line in lines} for name, lines in sets.items()}
    assert len(set.union(*ids.values())) == 12_195
    assert not ids["train"] & (ids["valid"] | ids["test"])
    counts = [len(ids[name]) for name in SETS]
    if split == "iam":
        assert counts == [5364 + 1518 + 16, 1438, 3859]  # 16 lines are in no list
    elif split == "graves":
        assert counts == [10_757, 1438, 1438] and ids["valid"] == ids["test"]
    elif split == "random":
        assert counts == [10_975, 1220, 1220] and ids["valid"] == ids["test"]
    else:
        assert all(500 < count < 720 for count in counts[1:])


# The kernel's own mark: getrusage counts what the process was before it became Python.
TELL_PEAK = """
import atexit, runpy, sys
tell = lambda: print(open("/proc/self/status").read(), file=sys.stderr)
atexit.register(tell)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_script_on_iam_ondb_has_the_published_checksums(iam_source, tmp_path):
    output = tmp_path / "handwriting.hdf5"
    words = [iam_source, "--split", "graves", "--output", output]
    done = subprocess.run(
        [sys.executable, "-c", TELL_PEAK, "handwriting_to_hdf5.py", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    published = (
        "testset_v 1,438 lines = 884,526 offsets; all other lines 10,757, "
        "mean (8.178, 0.112), std (42.000, 37.131)"
    )
    assert published in done.stdout
    assert "a08-551z: 9 lines of ink, 8 of text" in done.stdout
    assert "z01-000z: 8 lines of ink, 1 of text" in done.stdout
    assert "175 steps of more than 1,400 units in 130 lines, kept" in done.stdout
    assert output.stat().st_size < 100e6
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", done.stderr)[-1])  # of one process
    assert peak < 450e3
    with Corpus.open(output) as corpus:
        assert len(corpus.lengths("train")) == 10_757
        assert corpus.lengths("valid").sum() == 884_526
        np.testing.assert_allclose(corpus.offset_mean, [8.178, 0.112], atol=5e-4)
        np.testing.assert_allclose(corpus.offset_std, [42.000, 37.131], atol=5e-4)
        lines = corpus.read_set("train")
    offsets = np.concatenate([line.strokes for line in lines])[:, :2]
    assert np.array_equal(offsets, np.round(offsets))
    np.testing.assert_allclose(offsets.mean(0, np.float64), [8.178, 0.112], atol=5e-4)
    np.testing.assert_allclose(offsets.std(0, np.float64), [42.0, 37.131], atol=5e-4)
