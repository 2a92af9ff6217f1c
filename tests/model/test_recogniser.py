"""The recogniser: its loss, padding, learning and decoding."""

from itertools import product

import keras
import numpy as np
from keras import ops
from made_up_ink import write

from sketch.corpus.batches import Batches
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import offset_statistics
from sketch.model.edits import error_rate
from sketch.model.recogniser import (
    POOL,
    Recogniser,
    decode,
    frames_needed,
    num_frames,
    read_lines,
    reverse,
    to_frames,
)

ABC = Alphabet(("a", "b"))


def ctc(logits: np.ndarray, codes: list[int]) -> float:
    """Negative log-likelihood, summed over all paths, in float64."""
    probability = np.exp(logits.astype(np.float64))
    probability /= probability.sum(-1, keepdims=True)
    total = 0.0
    for path in product(range(logits.shape[1]), repeat=len(logits)):
        read = [c for c, last in zip(path, (0, *path[:-1]), strict=True) if c != last]
        if [code for code in read if code] == codes:
            total += np.prod(probability[range(len(path)), path])
    return -np.log(total)


def batch_of(texts, lengths, time, seed=0):
    rng = np.random.default_rng(seed)
    strokes = rng.normal(size=(len(texts), time, 3)).astype(np.float32)
    strokes[..., 2] = strokes[..., 2] > 1
    mask = (np.arange(time) < np.array(lengths)[:, None]).astype(np.float32)
    text = np.full((len(texts), max(map(len, texts))), -1, np.int32)
    for row, codes in enumerate(texts):
        text[row, : len(codes)] = codes
    return {"strokes": strokes, "mask": mask, "text": text}


def test_loss_is_ctc_per_character_without_padding():
    texts = [[1, 2, 2, 1], [2], [], [1, 1]]
    batch = batch_of(texts, [24, 9, 0, 21], time=24)
    network = Recogniser(5, 1, ABC.size, seed=1)
    logits = network(batch)
    loss = ops.convert_to_numpy(network.compute_loss(x=batch, y_pred=logits))
    logits = ops.convert_to_numpy(logits)
    frames = [6, 3, 0, 6]
    expected = sum(
        ctc(logits[row, : frames[row]], texts[row]) for row in (0, 1, 3)
    ) / sum(map(len, texts))
    # float32 logarithms over 6 frames
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    sums = [float(ops.convert_to_numpy(total.result())) for total in network.totals]
    np.testing.assert_allclose(sums, [expected * 7, 7, 54], rtol=1e-5)


def test_logits_of_a_line_do_not_depend_on_padding():
    network = Recogniser(5, 2, ABC.size, seed=1)
    batch = batch_of([[1]] * 3, [40, 21, 37], time=40)
    together = ops.convert_to_numpy(network(batch))
    assert together.shape == (3, 10, ABC.size)
    for row, length in enumerate([40, 21, 37]):
        alone = {name: values[row : row + 1, :length] for name, values in batch.items()}
        own = ops.convert_to_numpy(network(alone))[0]
        # float32 sums of another order
        np.testing.assert_allclose(together[row, : len(own)], own, atol=1e-5)


def test_each_end_of_a_line_depends_on_the_other():
    network = Recogniser(5, 1, ABC.size, seed=1)
    batch = batch_of([[1]], [40], time=40)
    before = ops.convert_to_numpy(network(batch))[0]
    for place, far in ((0, -1), (39, 0)):
        changed = batch | {"strokes": batch["strokes"].copy()}
        changed["strokes"][0, place] += 3
        after = ops.convert_to_numpy(network(changed))[0]
        assert np.abs(after[far] - before[far]).max() > 1e-6


def test_to_frames_pools_points_and_zeroes_padding():
    mask = np.array([[1, 1, 1, 1, 1, 0], [0] * 6], np.float32)
    strokes = np.ones((2, 6, 3), np.float32)
    frames = ops.convert_to_numpy(to_frames(strokes, ops.convert_to_tensor(mask)))
    assert frames.shape == (2, 2, 3 * POOL)
    assert (frames != 0).sum(axis=-1).tolist() == [[12, 3], [0, 0]]
    assert ops.convert_to_numpy(num_frames(mask)).tolist() == [2, 0]


def test_reverse_keeps_padding_in_place():
    values = np.arange(10, dtype=np.float32).reshape(2, 5, 1)
    found = ops.convert_to_numpy(reverse(values, ops.convert_to_tensor([3, 5])))
    assert found[..., 0].tolist() == [[2, 1, 0, 3, 4], [9, 8, 7, 6, 5]]


def test_decoding_drops_repetitions_and_blanks():
    path = [0, 1, 1, 0, 1, 2, 2, 0, 2]
    logits = np.eye(3)[path][None]
    assert decode(logits, [9], ABC) == ["aabb"]
    assert decode(logits, [4], ABC) == ["a"]
    assert frames_needed(np.array([1, 1, 2, 2])) == 6
    assert frames_needed(np.array([1, 2])) == 2


TEXTS = ["ab gi", "tag", "bat it", "big", "gait", "ai tab", "it", "gab bit"]


def test_recogniser_learns_to_read_eight_lines():
    alphabet = Alphabet.from_texts(TEXTS)
    lines = [write(text) for text in TEXTS]
    mean, std = offset_statistics(lines)
    codes = [alphabet.encode(text, end=False) for text in TEXTS]
    batches = Batches(
        lines, mean, std, 8, texts=codes, padded_lengths=[max(map(len, lines))]
    )
    network = Recogniser(24, 1, alphabet.size, seed=0)
    network.compile(optimizer=keras.optimizers.Adam(2e-2))
    (batch,) = batches.epoch(0)
    for _ in range(150):
        network.train_on_batch(batch.inputs)
    readings = read_lines(network, lines, mean, std, alphabet)
    assert readings == TEXTS
    # Other ink is not read as one of these lines, learned by heart.
    other = read_lines(network, [write("gag"), np.zeros((0, 3))], mean, std, alphabet)
    assert error_rate("gag", other[0]) < 0.3 and other[1] == ""
