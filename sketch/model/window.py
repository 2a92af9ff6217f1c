"""The attention window over text (Graves 2013, arXiv:1308.0850, eqs 46-51).

K Gaussian-shaped components slide along the text. Component k stands at `kappa_k` (it
only moves forward), has the importance `alpha_k` and the sharpness `beta_k`;
`phi(t, u)` is the weight of character u at step t, and the window is the sum of the
characters' one-hot vectors with these weights. The weights are not normalised.
Characters count from 1, as in the paper; kappa is always float32: it is a sum over
hundreds of steps. Departure from the paper, where kappa and window begin at 0: before
the first point kappa is 0.5 and the window is the first character, so that the ink of a
character is written with the window around it. The first letter needs this most: it has
the least context.
"""

import math

import keras
from keras import ops

from sketch.model import fast, window_step
from sketch.model.mixture import Tensor

FIRST_KAPPA = 0.5

WindowState = tuple[Tensor, Tensor]  # kappa `[batch, K]`, window `[batch, alphabet]`


class AttentionWindow(keras.layers.Layer):
    """Places each line in its text, from the output of the first recurrent layer.

    At the start every component moves by `advance` characters a step, is about a
    character wide (beta = 1), and all together weigh 1 (alpha = 1 / (K sqrt(pi))),
    nearly whatever the input: the weights start small, the biases carry these values.
    So the window passes over the text at the corpus' own rate before anything is
    learned, and learning only refines it.

    Args:
        num_components: K.
        advance: characters per point in the corpus, > 0.
        seed: for the initial weights.
    """

    def __init__(self, num_components: int, advance: float, seed: int = 0, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.num_components = num_components
        self.advance_at_start = advance
        self.seed = seed

    def build(self, input_shape):
        at_start = (
            -math.log(self.num_components * math.sqrt(math.pi)),  # alpha
            0.0,  # beta
            math.log(self.advance_at_start),  # kappa's move
        )

        def biases(shape, dtype=None):
            return ops.repeat(ops.convert_to_tensor(at_start, dtype), shape[0] // 3)

        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], 3 * self.num_components),
            initializer=keras.initializers.RandomNormal(stddev=0.01, seed=self.seed),
            autocast=False,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(3 * self.num_components,),
            initializer=biases,
            autocast=False,
        )

    def initial_state(self, characters: Tensor) -> WindowState:
        """kappa and window before the first point.

        Args:
            characters: as `step` takes them.
        """
        shape = (ops.shape(characters)[0], self.num_components)
        return ops.full(shape, FIRST_KAPPA, "float32"), characters[:, 0]

    def step(
        self, hidden: Tensor, kappa: Tensor, characters: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Move the window by one pen step.

        Args:
            hidden: `[batch, units]`, output of the first layer.
            kappa: `[batch, K]`, where the components stood.
            characters: `[batch, length, alphabet]`, one-hot rows, zeros for padding.

        Returns:
            kappa `[batch, K]`, window `[batch, alphabet]`, phi `[batch, length]`.
        """
        raw = fast.matmul(hidden, self.kernel, "float32") + self.bias
        return window_step.forward(raw, kappa, characters)
