"""Is a training step of sketch as fast as a plain PyTorch loop at the same settings?

Both take the same batches (lines as long as those of IAM-OnDB, padded alike), the same
loss and Adam with a norm limit, in turns, so that a busy machine slows both. Prints one
JSON line: real points a second of each, and the ratio of the medians.

    python benchmarks/training.py --dim 900 --bs 56 [--precision mixed_bfloat16]
"""

import argparse
import json
import os
import platform
import statistics
import time

import numpy as np

MEAN_LENGTH, LENGTH_SPREAD, LONGEST = 628, 190, 1939  # of IAM-OnDB's lines


def make_batches(batch_size: int, count: int) -> list[dict[str, np.ndarray]]:
    """`count` of the batches that an epoch over made-up lines would have."""
    from sketch.corpus.batches import Batches

    rng = np.random.default_rng(0)
    lengths = rng.normal(MEAN_LENGTH, LENGTH_SPREAD, 2000).clip(30, LONGEST).astype(int)
    lines = []
    for length in lengths:
        offsets = rng.normal(size=(length, 2)).cumsum(axis=0) * 0.1
        ends = rng.random((length, 1)) < 0.04
        lines.append(np.hstack([offsets, ends]).astype(np.float32))
    batches = Batches(lines, np.zeros(2), np.ones(2), batch_size)
    return [batch.inputs for batch, _ in zip(batches.epoch(0), range(count))]  # noqa: B905


def sketch_step(arguments):
    """One step of `sketch train`'s own network and optimizer."""
    from sketch.experiment import devices

    devices.set_up(arguments.backend, arguments.precision)
    from sketch.experiment.building import build_optimizer
    from sketch.experiment.hyperparameters import Hyperparameters
    from sketch.model.network import Network

    settings = Hyperparameters(learning_rate=1e-3)
    network = Network(
        arguments.dim, arguments.depth, arguments.mixtures, (0.0, 0.0, 0.0)
    )
    network.compile(optimizer=build_optimizer(settings, 1, 600.0))
    return lambda inputs: network.train_on_batch(inputs)


def torch_step(arguments):
    """The same, as one writes it in PyTorch: `torch.nn.LSTM` and log-sum-exp."""
    import torch

    size = 6 * arguments.mixtures + 1
    lstm = torch.nn.LSTM(3, arguments.dim, arguments.depth, batch_first=True)
    head = torch.nn.Linear(arguments.dim, size)
    weights = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, 1e-3)

    def step(inputs):
        strokes, mask = (torch.from_numpy(inputs[key]) for key in ("strokes", "mask"))
        before = torch.cat([torch.zeros_like(strokes[:, :1]), strokes[:, :-1]], 1)
        out = head(lstm(before)[0])
        end, rest = out[..., 0], out[..., 1:]
        pi, mx, my, sx, sy, rho = rest.chunk(6, -1)
        rho = torch.tanh(rho) * 0.9999
        zx = (strokes[..., :1] - mx) * torch.exp(-sx)
        zy = (strokes[..., 1:2] - my) * torch.exp(-sy)
        left = (1 - rho) * (1 + rho)
        component = (
            -0.5 * (zx**2 + (zy - rho * zx) ** 2 / left)
            - np.log(2 * np.pi)
            - sx
            - sy
            - 0.5 * torch.log(left)
        )
        ink = torch.logsumexp(torch.log_softmax(pi, -1) + component, -1)
        pen = -torch.nn.functional.softplus((1 - 2 * strokes[..., 2]) * end)
        loss = -((ink + pen) * mask).sum() / len(strokes)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 10.0)
        optimizer.step()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=400)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--mixtures", type=int, default=20)
    parser.add_argument("--bs", type=int, default=16)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    batches = make_batches(arguments.bs, arguments.batches)
    steps = {"sketch": sketch_step(arguments), "torch": torch_step(arguments)}
    for inputs in batches:  # compiles every shape, warms every cache
        for step in steps.values():
            step(inputs)
    rates = {name: [] for name in steps}
    for inputs in batches:
        for name, step in steps.items():
            started = time.perf_counter()
            step(inputs)
            seconds = time.perf_counter() - started
            rates[name].append(float(inputs["mask"].sum()) / seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(
        json.dumps(
            {
                "what": "training step",
                **vars(arguments),
                "points_per_second": {k: round(v) for k, v in medians.items()},
                "ratio": round(medians["sketch"] / medians["torch"], 3),
                "processors": os.cpu_count(),
                "machine": platform.processor() or platform.machine(),
            }
        )
    )


if __name__ == "__main__":
    main()
