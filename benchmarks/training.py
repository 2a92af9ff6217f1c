"""Is a training step of sketch as fast as it can be?

Compares, with the same settings and batches (lines as long as those of IAM-OnDB, padded
alike), in turns, so that a busy machine slows both, each in a process of its own, since
`sketch train` changes how its process keeps memory:

- with a plain PyTorch loop: `torch.nn.LSTM`, the same loss, Adam with a norm limit;
- with `--text`, a network with text against one without;
- the arithmetic rate of its matrix products with that of one large product, the best of
  numpy's, JAX's and PyTorch's, in the same precision.

    python benchmarks/training.py --dim 900 --mixtures 10 --bs 56
    python benchmarks/training.py --dim 400 --depth 3 --bs 64 --text

Prints real points a second, ratios of medians and the peak memory of each side.
"""

import argparse
import statistics
import time
from multiprocessing import get_context

import numpy as np
from report import peak_memory, report

MEAN_LENGTH, LENGTH_SPREAD, LONGEST = 628, 190, 1939  # of IAM-OnDB's lines
CHARACTERS, POINTS_PER_CHARACTER = 80, 25  # of its texts
PRODUCT = 4096  # rows and columns of the large product


def make_batches(batch_size: int, count: int, has_text: bool) -> list[dict]:
    """`count` of the batches that an epoch over made-up lines would have."""
    from sketch.corpus.batches import Batches

    rng = np.random.default_rng(0)
    lengths = rng.normal(MEAN_LENGTH, LENGTH_SPREAD, 2000).clip(30, LONGEST).astype(int)
    lines, texts = [], []
    for length in lengths:
        offsets = rng.normal(size=(length, 2)).cumsum(axis=0) * 0.1
        ends = rng.random((length, 1)) < 0.04
        lines.append(np.hstack([offsets, ends]).astype(np.float32))
        texts.append(rng.integers(1, CHARACTERS, 1 + length // POINTS_PER_CHARACTER))
    batches = Batches(
        lines, np.zeros(2), np.ones(2), batch_size, texts=texts if has_text else None
    )
    return [batch.inputs for batch, _ in zip(batches.epoch(0), range(count))]  # noqa: B905


def sketch_step(arguments, has_text: bool):
    """One step of `sketch train`'s own network and optimizer."""
    from sketch.model.network import Network
    from sketch.settings.hyperparameters import Hyperparameters
    from sketch.training.optimizer import build_optimizer

    network = Network(
        arguments.dim,
        arguments.depth,
        arguments.mixtures,
        (0.0, 0.0, 0.0),
        num_symbols=CHARACTERS if has_text else None,
        advance=1 / POINTS_PER_CHARACTER,
    )
    settings = Hyperparameters(learning_rate=1e-3)
    network.compile(optimizer=build_optimizer(settings, 1, MEAN_LENGTH))
    return lambda inputs: network.train_on_batch(inputs)  # waits: it returns numbers


def torch_step(arguments):
    """The same, as one writes it in PyTorch: `torch.nn.LSTM` and log-sum-exp.

    Layers in the precision asked for, by `torch.autocast`; the mixture in float32.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    is_mixed = arguments.precision == "mixed_bfloat16"
    size = 6 * arguments.mixtures + 1
    lstm = torch.nn.LSTM(3, arguments.dim, arguments.depth, batch_first=True).to(device)
    head = torch.nn.Linear(arguments.dim, size).to(device)
    weights = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, 1e-3)

    def step(inputs):
        strokes, mask = (
            torch.from_numpy(inputs[key]).to(device) for key in ("strokes", "mask")
        )
        before = torch.cat([torch.zeros_like(strokes[:, :1]), strokes[:, :-1]], 1)
        with torch.autocast(device, torch.bfloat16, enabled=is_mixed):
            out = head(lstm(before)[0])
        out = out.float()
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
        loss = -((ink + pen) * mask).sum() / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 10.0)
        optimizer.step()
        return loss.item()  # waits for the device

    return step


def products_per_point(arguments) -> float:
    """Multiplications and additions of the network's products, a point trained.

    Forwards, to the inputs and to the weights: three products for each kernel.
    """
    units, total = arguments.dim, 0
    for layer in range(arguments.depth):
        total += 4 * units * (units + (units if layer else 3))
    total += units * (6 * arguments.mixtures + 1)
    return 2.0 * 3.0 * total


def best_product(precision: str) -> float:
    """Operations a second of a large product, by the quickest of three libraries."""
    import jax
    import jax.numpy as jnp
    import torch

    rng = np.random.default_rng(0)
    one = rng.normal(size=(PRODUCT, PRODUCT)).astype(np.float32)
    low = precision != "float32"
    for_jax = jnp.asarray(one, jnp.bfloat16 if low else jnp.float32)
    for_torch = torch.from_numpy(one).to(torch.bfloat16 if low else torch.float32)
    product = jax.jit(lambda a: a @ a)
    makers = [
        lambda: product(for_jax).block_until_ready(),
        lambda: for_torch @ for_torch,
        *([] if low else [lambda: one @ one]),
    ]
    seconds = []
    for make in makers:
        make()
        for _ in range(3):
            started = time.perf_counter()
            make()
            seconds.append(time.perf_counter() - started)
    return 2.0 * PRODUCT**3 / min(seconds)


def serve(side: str, arguments, connection) -> None:
    """Makes the steps of one side: answers a batch's number with its points a second.

    Its first message, when every shape is compiled, is its peak memory in GB.
    """
    batches = make_batches(arguments.bs, arguments.batches, side == "sketch with text")
    if side == "torch":
        step = torch_step(arguments)
    else:
        from sketch.backend import devices

        devices.set_up(arguments.backend, arguments.precision, trains=True)
        step = sketch_step(arguments, side == "sketch with text")
    for inputs in batches * 2:  # compiles every shape, warms every cache
        step(inputs)
    connection.send(peak_memory())
    while (number := connection.recv()) is not None:
        started = time.perf_counter()
        step(batches[number])
        seconds = time.perf_counter() - started
        connection.send(float(batches[number]["mask"].sum()) / seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dim", type=int, default=400)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--mixtures", type=int, default=20)
    parser.add_argument("--bs", type=int, default=16)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--turns", type=int, default=3, help="rounds over the batches")
    parser.add_argument(
        "--text", action="store_true", help="a text model, against none"
    )
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()

    other = "sketch" if arguments.text else "torch"
    sides = ["sketch with text" if arguments.text else "sketch", other]
    context = get_context("spawn")
    connections, memory = {}, {}
    for side in sides:
        connections[side], theirs = context.Pipe()
        context.Process(target=serve, args=(side, arguments, theirs)).start()
        memory[side] = connections[side].recv()
    rates = {side: [] for side in sides}
    for number in list(range(arguments.batches)) * arguments.turns:
        for side, connection in connections.items():
            connection.send(number)
            rates[side].append(connection.recv())
    for connection in connections.values():
        connection.send(None)
    medians = {side: statistics.median(values) for side, values in rates.items()}
    figures = {"ratio": medians[sides[0]] / medians[other]}
    if not arguments.text:
        rate = medians["sketch"] * products_per_point(arguments)
        figures["share_of_best_product"] = rate / best_product(arguments.precision)
    report(
        "training step",
        vars(arguments),
        points_per_second={side: round(value) for side, value in medians.items()},
        **figures,
        memory_gb=memory,
    )


if __name__ == "__main__":
    main()
