"""ONNX graphs made by formulas: operators of Python, and calls, add nodes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from keras import ops
from onnx import NodeProto, TensorProto, helper, numpy_helper

MIN_HALF = 1024  # numbers; smaller weights are not worth half precision


class Tensor:
    """An array of a graph, with Python's operators, each of which adds a node.

    With them `cell.forward` makes a graph, too.
    """

    __array_ufunc__ = None  # numpy leaves `array * tensor` to the tensor

    def __init__(self, graph: "Graph", name: str):
        self.graph, self.name = graph, name

    @staticmethod
    def _node(operator: str, is_reversed: bool = False) -> Callable:
        def make(self, other):
            pair = (other, self) if is_reversed else (self, other)
            return self.graph(operator, *pair)

        return make

    __add__, __radd__ = _node("Add"), _node("Add", True)
    __sub__, __rsub__ = _node("Sub"), _node("Sub", True)
    __mul__, __rmul__ = _node("Mul"), _node("Mul", True)
    __truediv__, __matmul__ = _node("Div"), _node("MatMul")
    __lt__, __le__, __gt__ = _node("Less"), _node("LessOrEqual"), _node("Greater")


class Graph:
    """Nodes and constants; `graph("Tanh", tensor)` adds a node."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.sigmoid, self.tanh = partial(self, "Sigmoid"), partial(self, "Tanh")
        self.join = partial(self, "Concat", axis=1)

    def __call__(
        self, operator: str, *inputs: Any, count: int = 1, **attributes: Any
    ) -> Any:
        """Adds a node of ONNX's `operator` with `count` outputs, and returns these.

        Inputs that are no tensors become constants.
        """
        names = [self.constant(value).name for value in inputs]
        made = [f"{operator}_{len(self.nodes)}_{index}" for index in range(count)]
        self.nodes.append(helper.make_node(operator, names, made, **attributes))
        tensors = [Tensor(self, name) for name in made]
        return tensors if count > 1 else tensors[0]

    def constant(self, value: Any, name: str = "") -> Tensor:
        """A constant, in half precision if it is large and loses nothing by it."""
        if isinstance(value, Tensor):
            return value
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        is_half = array.size >= MIN_HALF and (half == array).all()
        tensor = Tensor(self, name or f"constant_{len(self.constants)}")
        array = half if is_half else array
        self.constants.append(numpy_helper.from_array(array, tensor.name))
        return self("Cast", tensor, to=TensorProto.FLOAT) if is_half else tensor

    def weights(self, layer: Any, *names: str) -> list[Tensor]:
        """Weights of a layer of keras, under their names there."""
        variables = [getattr(layer, name) for name in names]
        return [self.constant(ops.convert_to_numpy(v), v.path) for v in variables]

    def columns(self, tensor: Tensor, first: int, last: int) -> Tensor:
        return self("Slice", tensor, [first], [last], [1])

    def expand(self, tensor: Tensor, axis: int) -> Tensor:
        return self("Unsqueeze", tensor, [axis])

    def sum(self, tensor: Tensor, axis: int = 1, keepdims: int = 1) -> Tensor:
        return self("ReduceSum", tensor, [axis], keepdims=keepdims)
