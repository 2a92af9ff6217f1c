"""The attention window over text (Graves 2013, arXiv:1308.0850, eqs 46-51).

K Gaussian-shaped components slide along the text. Component k stands at `kappa_k`
(it can only move forward), has the importance `alpha_k` and the sharpness `beta_k`;
`phi(t, u)` is the weight of character u at step t, and the window is the sum of the
characters' one-hot vectors with these weights. The weights are not normalised.
Characters count from 1, as in the paper; kappa is float32 always: it is a sum over
hundreds of steps. Departure from the paper, where all begins at 0: before the first
point kappa stands half a character in, so that the ink of a character is written with
the window around it, and the window is the first character. The first letter is the one
with the fewest points before it to make up its mind from.
"""

import math

import keras
from keras import ops

from sketch.model import fast
from sketch.model.mixture import Tensor

FIRST_KAPPA = 0.5

WindowState = tuple[Tensor, Tensor]  # kappa `[batch, K]`, window `[batch, alphabet]`


class AttentionWindow(keras.layers.Layer):
    """Where in its text each line is, from the state of the first recurrent layer.

    At the start every component moves by `advance` characters a step, is about a
    character wide (beta = 1), and all of them together weigh 1 (alpha = 1 / (K
    sqrt(pi))), nearly whatever the input: the weights start small, the biases carry
    these values. So the window passes over the text at the corpus' own pace before
    anything is learned, and learning has only to refine it.

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
        """Move the window by one pen step (eqs 46-51).

        Args:
            hidden: `[batch, units]`, output of the first layer.
            kappa: `[batch, K]`, where the components stood.
            characters: `[batch, length, alphabet]`, one-hot rows, zeros for padding.

        Returns:
            kappa `[batch, K]`, window `[batch, alphabet]`, phi `[batch, length]`.
        """
        raw = fast.matmul(hidden, self.kernel, "float32") + self.bias
        alpha, beta, move = ops.split(ops.exp(raw), 3, axis=-1)  # [batch, K] each
        kappa = kappa + move
        phi = self.weights_of_characters(alpha, beta, kappa, ops.shape(characters)[1])
        window = ops.einsum("bu,bua->ba", phi, characters)
        return kappa, window, phi

    def weights_of_characters(self, alpha, beta, kappa, length: int) -> Tensor:
        """phi `[batch, length]` (eq. 46) for characters at 1, 2, ..., length."""
        places = ops.arange(1, length + 1, dtype="float32")
        distance = ops.expand_dims(kappa, -1) - places  # [batch, K, length]
        heights = ops.exp(-ops.expand_dims(beta, -1) * ops.square(distance))
        return ops.sum(ops.expand_dims(alpha, -1) * heights, axis=1)
