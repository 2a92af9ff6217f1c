"""The real IAM-OnDB, where it is: the published counts, exactly."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sketch.corpus.hdf5 import Corpus

pytestmark = pytest.mark.iam
ROOT = Path(__file__).parents[2]
# Converts once, in a process of its own, whose peak of memory is the kernel's own mark.
CONVERT = """
import json, sys
from sketch.convert import SPLITS
from sketch.convert.conversion import convert
from sketch.convert.splits import split_lines
from sketch.corpus.corpus_line import SETS
report = convert(sys.argv[1:2], sys.argv[2], split="graves")
found = report.database
ids = {}
for split in SPLITS:
    sets = split_lines(found.lines, found.split_lists, split, seed=0)
    ids[split] = [[line.line_id for line in sets[name]] for name in SETS]
facts = {
    "report": str(report), "peak": open("/proc/self/status").read(), "ids": ids,
    "left_out": found.left_out, "in_doubt": dict(found.in_doubt),
    "lists": {name: len(forms) for name, forms in found.split_lists.items()},
    "texts": {line.line_id: line.transcript for line in found.lines},
    "lengths": [len(line.strokes) for line in found.lines],
}
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def converted(iam_source, tmp_path_factory):
    """The corpus file by the split of Graves, and what the conversion found."""
    output = tmp_path_factory.mktemp("iam") / "handwriting.hdf5"
    command = [sys.executable, "-c", CONVERT, iam_source, output]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output, json.loads(done.stdout)


def test_lines_lists_and_texts_of_iam_ondb_are_all_found(converted):
    _, facts = converted
    assert len(facts["lengths"]) == 12_195 and not facts["left_out"]
    assert max(facts["lengths"]) == 1939 and sum(facts["lengths"]) == 7_644_672
    counts = {"trainset": 775, "testset_v": 192, "testset_t": 216, "testset_f": 544}
    assert facts["lists"] == counts
    assert facts["in_doubt"].keys() == {"a08-551z", "z01-000z"}
    texts = facts["texts"]
    assert len({line_id.rpartition("-")[0] for line_id in texts}) == 1730
    assert texts["a08-551z-08"].endswith("ankle bone")
    assert texts["a08-551z-09"] == "pinned."
    assert [name for name, text in texts.items() if not text] == [
        f"z01-000z-{number:02d}" for number in range(1, 9)
    ]
    assert texts["a01-000u-01"] == "A MOVE to stop Mr . Gaitskell"
    assert not any("\r" in text or "&apos;" in text for text in texts.values())


def test_splits_of_iam_ondb_keep_every_line(converted):
    for split, sets in converted[1]["ids"].items():
        train, valid, test = map(set, sets)
        assert len(train | valid | test) == 12_195 and not train & (valid | test)
        counts = [len(train), len(valid), len(test)]
        if split == "iam":
            assert counts == [5364 + 1518 + 16, 1438, 3859]  # 16 are in no list
        elif split == "graves":
            assert counts == [10_757, 1438, 1438] and valid == test
        elif split == "random":
            assert counts == [10_975, 1220, 1220] and valid == test
        else:
            assert all(500 < count < 720 for count in counts[1:])


def test_corpus_of_iam_ondb_has_the_published_checksums(converted):
    output, facts = converted
    assert (
        "testset_v 1,438 lines = 884,526 offsets; all other lines 10,757, "
        "mean (8.178, 0.112), std (42.000, 37.131)"
    ) in facts["report"]
    assert "a08-551z: 9 lines of ink, 8 of text" in facts["report"]
    assert "z01-000z: 8 lines of ink, 1 of text" in facts["report"]
    assert "175 steps of more than 1,400 units in 130 lines, kept" in facts["report"]
    assert output.stat().st_size < 100e6
    assert int(re.search(r"VmHWM:\s+(\d+) kB", facts["peak"])[1]) < 450e3
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
