"""Batches: every line once and whole, little padding, the order a pure function."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.corpus.batches import REST_SPREAD, Batches, choose_lengths

MEAN, STD = np.zeros(2), np.ones(2)


def lines_of(lengths):
    """Lines whose every dx is their own number."""
    return [
        np.column_stack([np.full(n, i), np.zeros(n), np.zeros(n)]).astype(np.float32)
        for i, n in enumerate(lengths)
    ]


lengths = st.lists(st.integers(1, 60), min_size=1, max_size=60)


@given(lengths, st.integers(1, 9), st.integers(0, 3))
def test_epoch_has_every_line_once_and_whole(lengths, size, epoch):
    batches = Batches(lines_of(lengths), MEAN, STD, size, seed=1)
    seen = []
    for batch in batches.epoch(epoch):
        strokes, mask = batch.inputs["strokes"], batch.inputs["mask"]
        assert strokes.shape[:2] == mask.shape
        assert len(batch.lines) == size
        for row, line in enumerate(batch.lines):
            if line < 0:
                assert not mask[row].any()
                continue
            assert mask[row].sum() == lengths[line]
            assert (mask[row, : lengths[line]] == 1).all()
            assert (strokes[row, : lengths[line], 0] == line).all()
            seen.append(line)
    assert sorted(seen) == list(range(len(lengths)))
    assert len(list(batches.epoch(epoch))) == batches.num_batches


@given(lengths, st.integers(1, 9), st.integers(0, 3))
def test_batches_that_fill_up_are_full_and_repeat_few_lines(lengths, size, epoch):
    batches = Batches(lines_of(lengths), MEAN, STD, size, seed=1, fills_up=True)
    lines = [batch.lines for batch in batches.epoch(epoch)]
    counts = np.bincount(np.concatenate(lines), minlength=len(lengths))
    assert len(lines) == batches.num_batches
    assert counts.sum() == size * len(lines) < len(lengths) + size
    assert counts.min() >= 1
    if size <= len(lengths):
        assert counts.max() <= 2


def test_batches_that_fill_up_repeat_other_lines_in_each_epoch():
    """3 batches of 4 for 10 lines, and the shortest are not preferred."""
    batches = Batches(lines_of(range(1, 11)), MEAN, STD, 4, fills_up=True)
    counts = np.zeros(10)
    for epoch in range(300):
        for batch in batches.epoch(epoch):
            np.add.at(counts, batch.lines, 1)
    # 600 repeats of 10 lines: 60 each, to five standard deviations.
    np.testing.assert_allclose(counts - 300, 60, atol=35)
    assert batches.padding() < Batches(lines_of(range(1, 11)), MEAN, STD, 4).padding()


@given(lengths, st.integers(1, 5))
def test_epoch_depends_on_seed_and_number_alone(lengths, size):
    first, second = (Batches(lines_of(lengths), MEAN, STD, size, seed=4) for _ in "ab")
    list(first.epoch(0))  # having made another epoch changes nothing
    for one, two in zip(first.epoch(2), second.epoch(2), strict=True):
        assert (one.lines == two.lines).all()
        assert (one.inputs["strokes"] == two.inputs["strokes"]).all()


def test_epoch_of_another_number_or_seed_has_another_order():
    lines = lines_of(range(1, 60))
    others = [
        np.concatenate([b.lines for b in Batches(lines, MEAN, STD, 4, seed=k).epoch(n)])
        for k, n in ((0, 0), (0, 1), (1, 0))
    ]
    for one, two in itertools.combinations(others, 2):
        assert (one != two).any()


def test_epoch_from_any_batch_on_is_the_rest_of_the_whole():
    batches = Batches(lines_of(range(1, 40)), MEAN, STD, 4, augment=0.2)
    whole = list(batches.epoch(1))
    for first in (0, 3, len(whole)):
        rest = list(batches.epoch(1, first))
        assert len(rest) == len(whole) - first
        for one, two in zip(rest, whole[first:], strict=True):
            assert (one.inputs["strokes"] == two.inputs["strokes"]).all()


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.integers(1, 3),
)
def test_choose_lengths_pads_the_least_of_all_choices(lengths, num_shapes):
    """Against all choices of that many lengths, tried one by one."""
    lengths = np.array(lengths)

    def padded(chosen):
        return sum(min(c for c in chosen if c >= n) for n in lengths)

    sizes = np.unique(lengths)
    best = min(
        padded((*choice, sizes[-1]))
        for choice in itertools.combinations(sizes, min(num_shapes, len(sizes)) - 1)
    )
    chosen = choose_lengths(lengths, num_shapes)
    assert len(chosen) <= num_shapes
    assert padded(chosen) == best


def test_padding_of_lengths_like_iam_is_small_and_as_told():
    """Lengths spread as those of IAM-OnDB: 12 shapes, batches of 56."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.normal(625, 190, 10_757), 30, 1939).astype(int)
    batches = Batches(lines_of(lengths), MEAN, STD, 56)
    assert len(batches.padded_lengths) <= 12
    steps = sum(
        b.inputs["mask"].size for b in itertools.islice(batches.epoch(0), 0, None)
    )
    assert batches.padding() == pytest.approx(1 - lengths.sum() / steps)
    assert batches.padding() < 0.08


def test_batches_of_two_processes_join_to_the_whole():
    lines = lines_of(range(1, 30))
    whole = list(Batches(lines, MEAN, STD, 4).epoch(0))
    parts = [
        list(Batches(lines, MEAN, STD, 4, process=p, num_processes=2).epoch(0))
        for p in (0, 1)
    ]
    for batch, first, second in zip(whole, *parts, strict=True):
        for key, value in batch.inputs.items():
            joined = np.concatenate([first.inputs[key], second.inputs[key]])
            assert (joined == value).all()
    with pytest.raises(ValueError, match="--bs 5 cannot be shared evenly by 2"):
        Batches(lines, MEAN, STD, 5, num_processes=2)


def test_batches_normalise_offsets_and_cut_at_max_length():
    lines = [np.array([[1.0, 2.0, 0.0], [3.0, 6.0, 1.0], [5.0, 0.0, 1.0]], np.float32)]
    batches = Batches(
        lines, np.array([1.0, 2.0]), np.array([2.0, 4.0]), 1, max_length=2
    )
    (batch,) = batches.epoch(0)
    assert batch.inputs["strokes"].tolist() == [[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]]
    assert batches.num_points == 2


def test_augment_changes_size_stretch_and_slant_alone():
    rng = np.random.default_rng(1)
    line = rng.normal(size=(50, 3)).astype(np.float32)
    line[:, 2] = line[:, 2] > 1
    batches = Batches([line], MEAN, STD, 1, augment=0.2)
    changes = []
    for epoch in range(200):
        (batch,) = batches.epoch(epoch)
        varied = batch.inputs["strokes"][0]
        assert (varied[:, 2] == line[:, 2]).all()
        matrix = np.linalg.lstsq(line[:, :2], varied[:, :2], rcond=None)[0]
        np.testing.assert_allclose(line[:, :2] @ matrix, varied[:, :2], atol=1e-5)
        assert abs(matrix[0, 1]) < 1e-6  # height does not depend on x
        size, stretch = matrix[1, 1], matrix[0, 0] / matrix[1, 1]
        changes.append([size - 1, stretch - 1, matrix[1, 0]])
    assert np.abs(changes).max() <= 0.2 + 1e-6
    # Each by itself, as likely of any strength up to the greatest: of 200 draws the
    # spread is known to 4 %, a correlation to 0.07.
    np.testing.assert_allclose(np.std(changes, axis=0), 0.2 / np.sqrt(3), rtol=0.3)
    np.testing.assert_allclose(np.corrcoef(changes, rowvar=False), np.eye(3), atol=0.3)


def test_batches_draw_each_thing_from_its_own_stream(monkeypatch):
    streams = []
    default_rng = np.random.default_rng

    def note(seed):
        streams.append(tuple(np.random.SeedSequence(seed).generate_state(4).tolist()))
        return default_rng(seed)

    monkeypatch.setattr(np.random, "default_rng", note)
    for seed in (0, 1):
        texts = [np.array([1, 0], np.int32)] * 3
        lines = lines_of([5, 6, 7])
        batches = Batches(lines, MEAN, STD, 2, texts=texts, seed=seed, augment=0.1)
        for epoch in range(3):
            list(batches.epoch(epoch))
    # The order, and each line's variation and rest.
    assert len(streams) == len(set(streams)) == 2 * 3 * (1 + 3 * 2)


def test_batches_with_a_cut_line_give_it_no_rest():
    texts = [np.arange(1, 4)] * 3
    batches = Batches(lines_of([5, 6, 9]), MEAN, STD, 3, texts=texts, max_length=6)
    (batch,) = batches.epoch(0)
    rests = dict(
        zip(batch.lines.tolist(), batch.inputs["rest"].sum(axis=1), strict=True)
    )
    assert rests == {0: 1, 1: 1, 2: 0}
    assert not batch.inputs["strokes"][batch.lines == 2][0, 6:].any()


def test_batches_of_longer_texts_share_the_shapes():
    lines, shapes = lines_of([5, 9, 30]), []
    lengths = choose_lengths(np.array([5, 9, 30]))
    for shortest in (1, 12):
        texts = [np.zeros(shortest + number, int) for number in range(3)]
        batches = Batches(
            lines, MEAN, STD, 1, texts=texts, padded_lengths=lengths
        ).epoch(0)
        shapes.append(sorted(batch.inputs["text"].shape for batch in batches))
    assert shapes[0] == shapes[1]


def test_batches_of_longer_lines_add_few_lengths():
    rng = np.random.default_rng(0)
    lengths = rng.integers(100, 2000, 500)
    batches = Batches(
        lines_of(lengths), MEAN, STD, 8, padded_lengths=choose_lengths(lengths[:9])
    )
    cut = Batches(
        lines_of(lengths), MEAN, STD, 8, padded_lengths=np.array([100, 200, 300])
    )
    assert batches.padding() < 0.15 and cut.padding() < 0.15
    assert len(cut.padded_lengths) <= 3 + 6
    assert cut.padded_lengths[-1] == lengths.max()


def test_batches_of_no_lines_are_refused():
    with pytest.raises(ValueError, match="no lines"):
        Batches([], MEAN, STD, 2)


def test_batches_with_texts_have_each_and_a_rest_behind_every_line():
    lengths, texts = [3, 9, 5, 30], [np.arange(1, n + 1) for n in (2, 4, 3, 9)]
    batches = Batches(lines_of(lengths), MEAN, STD, 3, texts=texts)
    for batch in batches.epoch(0):
        strokes, mask, rest = (batch.inputs[k] for k in ("strokes", "mask", "rest"))
        assert strokes.shape[1] == mask.shape[1] == rest.shape[1]
        for row, line in enumerate(batch.lines):
            if line < 0:
                assert not rest[row].any()
                continue
            codes = batch.inputs["text"][row]
            assert codes[: len(texts[line])].tolist() == texts[line].tolist()
            assert (codes[len(texts[line]) :] == -1).all()
            assert np.flatnonzero(rest[row]).tolist() == [lengths[line]]
            assert mask[row, lengths[line]] == 0  # learned, never scored
            assert strokes[row, lengths[line], 2] == 1.0


def test_rest_is_spread_about_no_movement_anew_in_each_epoch():
    mean, std = np.array([8.0, 0.1]), np.array([42.0, 37.0])
    count = 2000
    texts = [np.arange(1, 4)] * count
    batches = Batches(lines_of([1] * count), mean, std, count, texts=texts)

    def rests(epoch):
        (batch,) = batches.epoch(epoch)
        offsets = batch.inputs["strokes"][np.argsort(batch.lines), 1, :2]
        return offsets + mean / std  # from where the pen does not move

    first = rests(0)
    assert (first == rests(0)).all()
    assert (first != rests(1)).all()
    # Of 2000 draws the spread is known to 2 %.
    np.testing.assert_allclose(first.std(axis=0), REST_SPREAD, rtol=0.1)
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=0.1 * REST_SPREAD)
