"""PyTorch: its own LSTM, and with peepholes a loop with a gradient by hand.

PyTorch's LSTM knows no peepholes. In bfloat16 its states are rounded too: that costs a
network of 3x400 0.08 of 1055.6 nats a line, and a gradient 0.7 % in place of 0.5 %. The
loop is in Python, as all that PyTorch does step by step; autograd would keep track of
each operation in it and add up the recurrent weights' gradient step by step. Here the
backward loop makes the gates' gradients alone, and one product after it the weights'
gradient.
"""

import torch


def matmul(a, b, dtype):
    """See `fast.matmul`."""
    if dtype == "float32":
        return torch.matmul(a, b)
    low = getattr(torch, dtype)
    return torch.matmul(a.to(low), b.to(low)).float()


def lstm(bias, peepholes, dtype, depth):
    """See `fast.lstm`."""
    if peepholes is None:
        return _native(bias, getattr(torch, dtype))

    def run(inputs, kernel, recurrent, state):
        inputs = inputs.transpose(0, 1)  # [time, batch, features]
        projected = matmul(inputs, kernel, dtype) + bias
        outputs, cells = _Recurrence.apply(
            projected, *state, recurrent, peepholes, dtype
        )
        return outputs.transpose(0, 1), (outputs[-1], cells[-1])

    return run


def _native(bias, dtype):
    def run(inputs, kernel, recurrent, state):
        weights = kernel.t(), recurrent.t(), bias, torch.zeros_like(bias)
        output, cell = (part[None].to(dtype).contiguous() for part in state)
        outputs, output, cell = torch._VF.lstm(
            inputs.to(dtype).contiguous(),
            (output, cell),
            [weight.to(dtype).contiguous() for weight in weights],
            True,  # has_biases
            1,  # num_layers
            0.0,  # dropout
            True,  # train
            False,  # bidirectional
            True,  # batch_first
        )
        return outputs.float(), (output[0].float(), cell[0].float())

    return run


class _Recurrence(torch.autograd.Function):
    """Outputs, cells `[time, batch, units]` from projected `[time, batch, 4u]`."""

    @staticmethod
    def forward(context, projected, output, cell, recurrent, peepholes, dtype):
        to_i, to_f, to_o = peepholes
        low = recurrent.to(getattr(torch, dtype))
        outputs, cells, gates = [output], [cell], []
        for here in projected:
            here = here + matmul(output, low, dtype)
            i, f, c, o = here.chunk(4, dim=-1)  # [batch, units] each
            i, f = torch.sigmoid(i + to_i * cell), torch.sigmoid(f + to_f * cell)
            c = torch.tanh(c)
            cell = f * cell + i * c
            o = torch.sigmoid(o + to_o * cell)
            output = o * torch.tanh(cell)
            outputs.append(output)
            cells.append(cell)
            gates.append(torch.cat([i, f, c, o], dim=-1))
        outputs, cells = torch.stack(outputs), torch.stack(cells)
        context.save_for_backward(
            outputs, cells, torch.stack(gates), recurrent, peepholes
        )
        context.dtype = dtype
        return outputs[1:], cells[1:]

    @staticmethod
    def backward(context, d_outputs, d_cells):
        outputs, cells, gates, recurrent, peepholes = context.saved_tensors
        dtype = context.dtype
        to_i, to_f, to_o = peepholes
        low = recurrent.t().to(getattr(torch, dtype))
        d_output, d_cell = torch.zeros_like(outputs[0]), torch.zeros_like(cells[0])
        d_gates = torch.empty_like(gates)
        for time in reversed(range(len(gates))):
            i, f, c, o = gates[time].chunk(4, dim=-1)
            d_output, squashed = d_output + d_outputs[time], torch.tanh(cells[time + 1])
            d_o = d_output * squashed * o * (1.0 - o)
            d_cell = d_cell + d_cells[time] + d_output * o * (1.0 - squashed**2)
            d_cell = d_cell + d_o * to_o
            d_i = d_cell * c * i * (1.0 - i)
            d_f = d_cell * cells[time] * f * (1.0 - f)
            d_c = d_cell * i * (1.0 - c**2)
            d_gates[time] = torch.cat([d_i, d_f, d_c, d_o], dim=-1)
            d_cell = d_cell * f + d_i * to_i + d_f * to_f
            d_output = matmul(d_gates[time], low, dtype)
        d_recurrent = matmul(
            outputs[:-1].flatten(0, 1).t(), d_gates.flatten(0, 1), dtype
        )
        d_i, d_f, _, d_o = d_gates.chunk(4, dim=-1)
        pairs = (d_i, cells[:-1]), (d_f, cells[:-1]), (d_o, cells[1:])
        d_peepholes = torch.stack([(d * seen).sum((0, 1)) for d, seen in pairs])
        return d_gates, d_output, d_cell, d_recurrent, d_peepholes, None
