"""Every seed that `--seed` takes makes a network, and each its own."""

import numpy as np
import pytest
from keras import ops

from sketch.model.network import Network
from sketch.model.recogniser import Recogniser
from sketch.model.seeds import part_seeds

LAST_PLAIN = 2_147_482  # 1000 times it and 1000 more is just below 2**31
SEEDS = [0, 7, LAST_PLAIN, LAST_PLAIN + 1, 4_294_968, 2**31 - 1]


def network(seed):
    # Dropout and weight noise have generators of their own.
    return Network(
        6, 2, 2, (0, 0, 0), dropout=0.5, weight_noise=0.1, num_symbols=3, seed=seed
    )


@pytest.mark.parametrize(
    "make", [network, lambda seed: Recogniser(4, 1, 3, dropout=0.5, seed=seed)]
)
def test_every_seed_makes_weights_of_its_own(make):
    kernels = [
        ops.convert_to_numpy(make(seed).trainable_weights[0]).ravel()
        for seed in SEEDS[3:]
    ]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)
    assert all(np.isfinite(kernel).all() for kernel in kernels)


def test_small_seeds_stay_those_of_stored_experiments():
    assert [next(part_seeds(seed)) for seed in (0, 7, LAST_PLAIN)] == [
        0,
        7000,
        2_147_482_000,
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_part_seeds_differ_and_suit_every_backend(seed):
    seeds = list(part_seeds(seed))
    # Of 1000 numbers below 2**31, two are the same in one of 4300 cases.
    assert len(set(seeds)) == 1000
    assert 0 <= min(seeds) and max(seeds) < 2**31
    # PyTorch's seeds are int32: a power of two more must not be the same.
    assert not set(seeds) & set(part_seeds(seed + 2**29))
