"""PyTorch: its own LSTM in place of a Python loop over steps."""

import torch


def low_precision_matmul(a, b, dtype):
    """See `fast.matmul`."""
    low = getattr(torch, dtype)
    return torch.matmul(a.to(low), b.to(low)).float()


def lstm(bias, peepholes, dtype):
    """See `fast.lstm`.

    Raises:
        NotImplementedError: with peepholes, which torch's LSTM lacks, and in lower
            precision, where it would keep the cell in bfloat16 too.
    """
    if peepholes is not None or dtype != "float32":
        raise NotImplementedError

    def run(inputs, kernel, recurrent, state):
        weights = [
            kernel.t().contiguous(),
            recurrent.t().contiguous(),
            bias,
            torch.zeros_like(bias),
        ]
        output, cell = (part[None].contiguous() for part in state)
        outputs, output, cell = torch._VF.lstm(
            inputs.contiguous(),
            (output, cell),
            weights,
            True,  # has_biases
            1,  # num_layers
            0.0,  # dropout
            True,  # train
            False,  # bidirectional
            True,  # batch_first
        )
        return outputs, (output[0], cell[0])

    return run
