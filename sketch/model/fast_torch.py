"""PyTorch: its own LSTM, and with the window a loop whose gradient is written by hand.

In bfloat16 its own LSTM rounds the states too: that costs a network of 3x400 0.08 of
1055.6 nats a line, and its gradient is off by 0.7 % in place of 0.5 %.

The loop is in Python, as all that PyTorch does step by step. Autograd would keep track
of each operation in it and add up the weights' gradients step by step; here the way
back makes the gates' gradients alone, and a product after it those of the weights.
"""

import torch

from sketch.model import cell, window_step


def lstm(inputs, weights, state, dtype, depth, characters):
    """See `fast.lstm`."""
    inputs, low = torch.cat(list(inputs), -1), getattr(torch, dtype)
    if characters is not None:
        return _WithWindow.apply(inputs, characters, low, *weights, *state)
    output, last_cell = (part[None].to(low).contiguous() for part in state)
    kernels = weights.kernel.t(), weights.recurrent.t()
    biases = weights.bias, torch.zeros_like(weights.bias)
    outputs, _, last_cell = torch._VF.lstm(
        inputs.to(low).contiguous(),
        (output, last_cell),
        [weight.to(low).contiguous() for weight in (*kernels, *biases)],
        True,  # has_biases
        1,  # num_layers
        0.0,  # dropout
        True,  # train
        False,  # bidirectional
        False,  # batch_first
    )
    return outputs.float(), last_cell[0].float()


class _WithWindow(torch.autograd.Function):
    """Outputs and windows `[time, batch, ...]`; products with the pen stay float32."""

    @staticmethod
    def forward(context, points, characters, low, *tensors):
        kernel, recurrent, bias, window_kernel, window_bias = tensors[:5]
        output, last_cell, kappa, window = tensors[5:]
        matrix = recurrent.to(low)
        gates = points @ kernel + bias  # [time, batch, 4 * units]; overwritten by steps
        states, raws = [(output, last_cell, kappa, window)], []
        for at_step in gates:
            seen = torch.cat([window, output], dim=-1).to(low)
            sums = (at_step + (seen @ matrix).float()).chunk(4, dim=-1)
            output, last_cell, made = cell.forward(
                sums, last_cell, torch.sigmoid, torch.tanh
            )
            torch.cat(made, dim=-1, out=at_step)
            raws.append(torch.addmm(window_bias, output, window_kernel))
            kappa, window, _ = window_step.forward(raws[-1], kappa, characters)
            states.append((output, last_cell, kappa, window))
        states = [torch.stack(part) for part in zip(*states, strict=True)]
        context.save_for_backward(
            points, characters, kernel, recurrent, window_kernel, gates, *raws, *states
        )
        context.low = low
        outputs, _, _, windows = states
        return outputs[1:], windows[1:]

    @staticmethod
    def backward(context, d_outputs, d_windows):
        points, characters, kernel, recurrent, window_kernel, gates, *rest = (
            context.saved_tensors
        )
        raws, (outputs, cells, kappas, windows) = rest[:-4], rest[-4:]
        low, widths = context.low, [windows.shape[-1], outputs.shape[-1]]
        matrix = recurrent.t().to(low)
        d_output, d_cell, d_kappa, d_window = (
            torch.zeros_like(part[0]) for part in (outputs, cells, kappas, windows)
        )
        d_sums, d_raws = torch.empty_like(gates), torch.empty_like(torch.stack(raws))
        for t in reversed(range(len(gates))):
            d_raws[t], d_kappa = window_step.backward(
                raws[t], kappas[t + 1], characters, d_kappa, d_window + d_windows[t]
            )
            d_output = torch.addmm(
                d_output + d_outputs[t], d_raws[t], window_kernel.t()
            )
            d_parts, d_cell = cell.backward(
                gates[t].chunk(4, dim=-1), cells[t], d_output, d_cell, torch.tanh
            )
            torch.cat(d_parts, dim=-1, out=d_sums[t])
            d_seen = (d_sums[t].to(low) @ matrix).float()
            d_window, d_output = d_seen.split(widths, dim=-1)
        d_flat, d_raws = d_sums.flatten(0, 1), d_raws.flatten(0, 1)
        seen = torch.cat([windows[:-1], outputs[:-1]], dim=-1).flatten(0, 1).to(low)
        d_points = d_sums @ kernel.t() if context.needs_input_grad[0] else None
        return (
            d_points,
            None,  # of characters
            None,  # of low
            points.flatten(0, 1).t() @ d_flat,
            (seen.t() @ d_flat.to(low)).float(),
            d_flat.sum(0),
            outputs[1:].flatten(0, 1).t() @ d_raws,
            d_raws.sum(0),
            *[None] * 4,  # of the initial state, which is constant
        )
