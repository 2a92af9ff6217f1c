"""One step of the sampling loop as an ONNX graph; `sampling` has the same in keras.

All numbers are float32, offsets are normalised; `batch` and `characters` are free. What
a step leaves to the next one is a *state*: `kappa` goes in, `next_kappa` comes out.

    in   point             [batch, 3]   the last point; or one of a prime
         probability_bias  [batch]
         noise             [batch, 4]   uniform in [0, 1), normal, normal, uniform
         speed             [batch, 1]   state: of the pen, before `point`
         output_N          [batch, dim] state of layer N, from 1; of LSTMs cell_N, too
         kappa, window     [batch, K], [batch, alphabet]     states, only with text
         characters        [batch, characters, alphabet]     only with text; one-hot
    out  next_point        [batch, 3], and the next states
         phi               [batch, characters]   only with text
         has_ended         [batch]      only with text; bool: the lifted pen rests, so
                                        `point` was the last one of the text

The formulas are those of `model`, written again because each backend has operators of
its own; `writing.onnx_file` compares the results of both.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

import sketch
from sketch.generation.attention import REST
from sketch.generation.onnx_graph import Graph, Tensor
from sketch.generation.terms import FIRST_SPEED, SPEED_MEMORY
from sketch.ink.strokes import END_OF_STROKE
from sketch.model import cell
from sketch.model.mixture import CORRELATION_MARGIN, MAX_STRETCH, NOISE_SIZE
from sketch.model.network import Network
from sketch.model.recurrent import GRU, RecurrentLayer
from sketch.model.window import FIRST_KAPPA, AttentionWindow
from sketch.model.window_step import MAX_LOGARITHM

# Opset 17 has all operators that are used here; ONNX Runtime reads it from 1.12 (2022)
# on. By default `onnx` writes its newest version, which a runtime may not know yet.
OPSET, IR_VERSION = 17, 8


def state_names(number: int, layer: RecurrentLayer) -> list[str]:
    """The states of layer `number`, counted from 1."""
    return [f"output_{number}", f"cell_{number}"][: layer.state_size]


def describe_states(network: Network) -> dict[str, tuple[int, float]]:
    """The states by name: how many numbers a line, and what all of them begin with.

    The window begins with the first character instead.
    """
    # The first step counts the move to the first point, 0, for a step of the pen.
    states = {"speed": (1, FIRST_SPEED / SPEED_MEMORY)}
    for number, layer in enumerate(network.recurrent_layers, start=1):
        states |= dict.fromkeys(state_names(number, layer), (layer.units, 0.0))
    if network.has_text:
        states["kappa"] = network.window.num_components, FIRST_KAPPA
        states["window"] = network.num_symbols, 0.0
    return states


def build_step(network: Network, slow_speeds: tuple[float, float]) -> ModelProto:
    """The step of a network, with its weights; ONNX's checker has passed it.

    Args:
        network: whose.
        slow_speeds: see `SamplingOptions`.
    """
    graph = Graph()
    states = {name: (size,) for name, (size, _) in describe_states(network).items()}
    inputs = {"point": (3,), "probability_bias": (), "noise": (NOISE_SIZE,)} | states
    outputs = {"next_point": (3,)} | {f"next_{name}": states[name] for name in states}
    if network.has_text:
        inputs["characters"] = "characters", network.num_symbols
        outputs |= {"phi": ("characters",), "has_ended": ()}
    made = _step(graph, network, slow_speeds, {n: Tensor(graph, n) for n in inputs})
    for name in outputs:
        graph.nodes.append(helper.make_node("Identity", [made[name].name], [name]))

    def describe(shapes: dict) -> list:
        kinds = {"has_ended": TensorProto.BOOL}
        return [
            helper.make_tensor_value_info(
                name, kinds.get(name, TensorProto.FLOAT), ["batch", *shape]
            )
            for name, shape in shapes.items()
        ]

    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "step", describe(inputs), describe(outputs), graph.constants
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="sketch",
        producer_version=sketch.__version__,
    )
    checker.check_model(model, full_check=True)
    return model


def _step(
    graph: Graph,
    network: Network,
    slow_speeds: tuple[float, float],
    given: dict[str, Tensor],
) -> dict[str, Tensor]:
    """From the inputs to the outputs, both by name; see `sampling.SamplingLoop`."""
    point, made, outputs = given["point"], {}, []
    window = given.get("window")
    parts = [point] if window is None else [point, window]
    for number, layer in enumerate(network.recurrent_layers, start=1):
        if outputs:
            parts = network.inputs_of_upper_layer(outputs[-1], point, window)
        names = state_names(number, layer)
        state = _advance(graph, layer, parts, [given[name] for name in names])
        made |= {f"next_{n}": new for n, new in zip(names, state, strict=True)}
        outputs.append(state[0])
        if window is not None and number == 1:
            kappa, window, phi = _look(graph, network.window, state[0], given)
            made |= {"next_kappa": kappa, "next_window": window, "phi": phi}
    kernel, add = graph.weights(network.output_layer, "kernel", "bias")
    raw = graph.join(*network.inputs_of_output(outputs, window)) @ kernel + add

    null = np.float32(network.first_input[:END_OF_STROKE])

    def length_of_move(point):  # [batch, 1]
        return graph("ReduceL2", graph.columns(point, 0, 2) - null, axes=[1])

    speed = given["speed"] * SPEED_MEMORY
    speed += length_of_move(point) * (1.0 - SPEED_MEMORY)
    slow, moving = slow_speeds
    share = graph("Clip", (speed - slow) / (moving - slow), 0.0, 1.0)
    bias = share * graph.expand(given["probability_bias"], 1)
    next_point = _draw(graph, network, raw, bias, given["noise"])
    if window is not None:
        lifted = graph.columns(point, 2, 3) * graph.columns(next_point, 2, 3)
        rests = graph("And", lifted > 0.5, length_of_move(next_point) < REST)
        made["has_ended"] = graph("Squeeze", rests, [1])
    return made | {"next_point": next_point, "next_speed": speed}


def _advance(
    graph: Graph, layer: RecurrentLayer, parts: list[Tensor], state: list[Tensor]
) -> Sequence[Tensor]:
    """The new state of a layer; see `recurrent`."""
    kernel, recurrent = graph.weights(layer, "kernel", "recurrent_kernel")
    bias = ops.convert_to_numpy(layer.bias)
    seen, inner = graph.join(*parts) @ kernel, state[0] @ recurrent
    if isinstance(layer, GRU):
        z, r, h = graph("Split", seen + bias[0], axis=1, count=3)
        inner_z, inner_r, inner_h = graph("Split", inner + bias[1], axis=1, count=3)
        update = graph.sigmoid(z + inner_z)
        candidate = graph.tanh(h + graph.sigmoid(r + inner_r) * inner_h)
        return (update * state[0] + (1.0 - update) * candidate,)
    gates = graph("Split", seen + bias + inner, axis=1, count=4)
    peepholes = layer.peephole_kernel
    if peepholes is not None:
        peepholes = ops.convert_to_numpy(peepholes)
    return cell.forward(gates, state[1], graph.sigmoid, graph.tanh, peepholes)[:2]


def _look(
    graph: Graph, layer: AttentionWindow, hidden: Tensor, given: dict[str, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """kappa, window and phi; see `window_step`."""
    kernel, bias = graph.weights(layer, "kernel", "bias")
    raised = graph("Exp", graph("Min", hidden @ kernel + bias, MAX_LOGARITHM))
    alpha, beta, move = graph("Split", raised, axis=1, count=3)
    kappa = given["kappa"] + move
    length = graph("Shape", given["characters"], start=1, end=2)
    one = numpy_helper.from_array(np.ones(1, np.float32))
    places = graph("CumSum", graph("ConstantOfShape", length, value=one), 0)
    distance = graph.expand(kappa, 2) - places  # [batch, K, characters]
    heights = graph("Exp", graph.expand(beta, 2) * (-1.0 * distance * distance))
    phi = graph.sum(graph.expand(alpha, 2) * heights, keepdims=0)
    window = graph("Einsum", phi, given["characters"], equation="bu,bua->ba")
    return kappa, window, phi


def _draw(
    graph: Graph, network: Network, raw: Tensor, bias: Tensor, noise: Tensor
) -> Tensor:
    """The next point; see `mixture.split_outputs`, `_with_steps_of` and `draw`."""
    count = network.num_mixtures
    null = np.float32(network.first_input[:END_OF_STROKE])[:, None]
    sizes = [1, count, 2 * count, 2 * count, count]
    end_logit, logits, means, log_scales, rho = graph(
        "Split", raw, sizes, axis=1, count=5
    )
    means, log_scales = (
        graph("Reshape", values, [0, 2, count]) for values in (means, log_scales)
    )

    def density(bias, wide_bias):
        scales = graph("Exp", log_scales - wide_bias) + network.scale_floor
        squares = graph.sum(scales * scales, keepdims=0)
        return graph("Softmax", logits * (1.0 + bias), axis=1), scales, squares

    plain_weights, _, plain_squares = density(0.0, 0.0)
    weights, scales, scale_squares = density(bias, graph.expand(bias, 2))
    moves = means - null
    squares = graph.sum(moves * moves, keepdims=0)  # [batch, mixture]
    before = squares + plain_squares
    lost = before - squares - scale_squares
    stretch = graph("Sqrt", 1.0 + lost / graph("Max", squares, 1e-12))
    expected, remaining = (
        graph.sum(each * before) for each in (plain_weights, weights)
    )
    ratio = graph("Sqrt", expected / graph("Max", remaining, 1e-12))
    stretch *= graph("Clip", ratio, 1.0 / MAX_STRETCH, MAX_STRETCH)
    means = null + moves * graph.expand(stretch, 1)

    pick, normal_x, normal_y, lift = graph("Split", noise, axis=1, count=4)
    cumulative = graph("CumSum", weights, 1)
    threshold = pick * graph.columns(cumulative, count - 1, count)
    below = graph("Cast", cumulative <= threshold, to=TensorProto.FLOAT)
    component = graph("Min", graph.sum(below), float(count - 1))
    is_chosen = graph("Equal", component, np.arange(count, dtype=np.float32))
    chosen = graph("Cast", is_chosen, to=TensorProto.FLOAT)  # [batch, mixture]
    mean, scale = (
        graph.sum(values * graph.expand(chosen, 1), axis=2, keepdims=0)
        for values in (means, scales)
    )
    rho = graph.sum(graph.tanh(rho) * (1.0 - CORRELATION_MARGIN) * chosen)
    across = rho * normal_x + graph("Sqrt", (1.0 - rho) * (1.0 + rho)) * normal_y
    offset = mean + scale * graph.join(normal_x, across)
    end = graph("Cast", lift < graph.sigmoid(end_logit), to=TensorProto.FLOAT)
    return graph.join(offset, end)
