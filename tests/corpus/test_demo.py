"""The demo corpus: repeatable, made once."""

import numpy as np

from sketch.corpus import demo
from sketch.corpus.demo import DEMO_VERSION, demo_corpus, demo_sets
from sketch.corpus.hdf5 import Corpus
from sketch.corpus.hershey import NUM_WRITERS


def test_demo_sets_are_the_same_each_time_and_share_writers_but_no_line():
    sets = demo_sets(120)
    for name, lines in demo_sets(120).items():
        for line, same in zip(sets[name], lines, strict=True):
            assert (line.line_id, line.transcript) == (same.line_id, same.transcript)
            np.testing.assert_array_equal(line.strokes, same.strokes)
    assert [len(sets[name]) for name in ("train", "valid", "test")] == [108, 6, 6]
    ids = [line.line_id for lines in sets.values() for line in lines]
    assert len(set(ids)) == 120
    assert len({line.writer for line in sets["train"]}) == NUM_WRITERS


def test_demo_corpus_is_made_once_and_again_if_spoilt(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []
    sets = demo_sets(60)
    monkeypatch.setattr(demo, "demo_sets", lambda **_: made.append(1) or sets)
    path = demo_corpus()
    assert path == tmp_path / "sketch" / f"demo-{DEMO_VERSION}.hdf5"
    assert demo_corpus() == path and len(made) == 1
    original = path.read_bytes()
    path.write_bytes(original[:1000])
    assert demo_corpus() == path and len(made) == 2
    assert path.read_bytes() == original
    with Corpus.open(path) as corpus:
        assert "demo" in corpus.source
        assert len(corpus.lengths("train")) == 54
