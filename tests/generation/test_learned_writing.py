"""A network that learns to write, from the first batch to the last letter's last point.

Each letter of a made-up alphabet is one stroke of five steps, always the same but for a
little noise: so it is known, point by point, what a text has to look like.
"""

import keras
import numpy as np
import pytest
from keras import ops

from sketch.corpus.batches import Batches
from sketch.generation.sampling import SamplingLoop, one_hot
from sketch.generation.terms import SamplingOptions
from sketch.generation.texts import write_texts
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import denormalise
from sketch.model.network import Network, first_input

LETTERS, POINTS, REACH = "abc", 5, 10.0  # steps of a letter, length of each
NOISE = 0.5  # standard deviation of a step
EPOCHS = 100  # of seven or eight batches; 60 were enough for three seeds of three
TEXTS = ["cba", "abcab", "aab", "ccabb"]  # never seen in training


def shape(letter):
    angles = np.random.default_rng(ord(letter)).uniform(0, 2 * np.pi, POINTS)
    ends = np.eye(POINTS)[-1]
    return np.column_stack([REACH * np.cos(angles), REACH * np.sin(angles), ends])


def ink(text, rng):
    strokes = np.concatenate([shape(letter) for letter in text])
    strokes[:, :2] += rng.normal(scale=NOISE, size=(len(strokes), 2))
    return strokes.astype(np.float32)


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(LETTERS), rng.choice([3, 5]))) for _ in range(256)]
    texts = [text for text in texts if text not in TEXTS]
    alphabet = Alphabet.from_texts(texts)
    lines = [ink(text, rng) for text in texts]
    offsets = np.concatenate(lines)[:, :2]
    mean, std = offsets.mean(axis=0), offsets.std(axis=0)
    codes = [alphabet.encode(text) for text in texts]
    return Batches(lines, mean, std, 32, texts=codes), alphabet


def read(strokes):
    """The letter whose steps these are, each nearer to its own than to another's."""
    errors = {letter: strokes - shape(letter) for letter in LETTERS}
    worst = {letter: np.hypot(*e[:, :2].T).max() for letter, e in errors.items()}
    letter = min(worst, key=worst.get)
    is_like = worst[letter] < REACH / 2 and not errors[letter][:, 2].any()
    return letter if is_like else "?"


def new_network(batches, alphabet):
    return Network(
        dim=48,
        depth=1,
        num_mixtures=1,
        first_input=first_input(batches.offset_mean, batches.offset_std),
        num_symbols=alphabet.size,
        window_mixtures=3,
        advance=1 / POINTS,
    )


def final_kappa(network, batch):
    """Mean over lines and components of kappa at the last point, minus the text."""
    text = batch.inputs["text"]
    codes = [row[row >= 0] for row in text]
    characters = one_hot(codes, network.num_symbols)
    state = network.initial_state(len(text), characters)
    point = np.tile(np.float32(network.first_input), (len(text), 1))
    ends = batch.inputs["mask"].sum(axis=1).astype(int) - 1
    kappas = []
    for at_step in batch.inputs["strokes"].swapaxes(0, 1):
        _, state, _ = network.step(point, state, characters)
        kappas.append(ops.convert_to_numpy(state.window[0]).mean(axis=1))
        point = at_step
    at_end = np.array(kappas)[ends, np.arange(len(text))]
    return (at_end - [len(row) - 1 for row in codes]).mean()  # one is the end symbol


@pytest.fixture(scope="module")
def learned(corpus):
    batches, _ = corpus
    network = new_network(*corpus)
    network.compile(optimizer=keras.optimizers.Adam(1e-2))
    first_kappa = final_kappa(network, next(batches.epoch(0)))
    for epoch in range(EPOCHS):
        for batch in batches.epoch(epoch):
            network.train_on_batch(batch.inputs)
        if epoch == 1:
            early_kappa = final_kappa(network, batch)
    return network, (first_kappa, early_kappa, final_kappa(network, batch))


def test_the_window_is_at_the_end_of_the_text_from_the_start(learned):
    _, kappas = learned
    assert np.abs(kappas).max() < 2.0


def test_texts_are_written_letter_by_letter_the_last_one_whole(corpus, learned):
    batches, alphabet = corpus
    written = write_texts(
        SamplingLoop(learned[0]),
        alphabet,
        TEXTS,
        SamplingOptions(2.0, seed=1, max_tries=1),
    )
    for text, line in zip(TEXTS, written, strict=True):
        assert not line.faults
        found = denormalise(line.trace.strokes, batches.offset_mean, batches.offset_std)
        assert len(found) == POINTS * len(text)  # all of the last letter, no more
        assert "".join(map(read, np.split(found, len(text)))) == text
