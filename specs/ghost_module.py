"""The Ghost module (Han et al. 2020): a few real feature maps, and cheap maps of each.

On a torus it commutes with translations.  With zero padding it does not, at the border: that law
is declared as an expected refutation, so that the counterexample is on record.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Cyclic

height, width = Dim.named("height width")
colour, real = Dim.named("colour real")
torus = Cyclic(height) * Cyclic(width)


def ghost_module(padding, name):
    """``real`` maps by a 1 × 1 convolution, as many ghosts by a 3 × 3 map of each."""

    def module(image: Real[colour, height, width]) -> Real[real + real, height, width]:
        """Real maps beside their ghosts."""
        maps = op.relu(op.linear(colour, real, bias=False, name="primary")(image))
        cheap = op.depthwise_conv(
            real, over=(height, width), kernel=3, padding=padding, bias=False, name="cheap"
        )
        return op.concat(real, real)(maps, op.relu(cheap(maps)))

    module.__name__ = name
    return arrow(module)


module = architecture(
    ghost_module("circular", "ghost_module"),
    atlas="ghostnet",
    laws=[
        laws.equivariant(under=torus),
        laws.bounded(low=0),
        laws.parameters(colour * real + 9 * real),
    ],
    sizes=dict(colour=16, real=24),
)
zero_padded = architecture(
    ghost_module("zero", "ghost_module_zero"),
    laws=[
        laws.equivariant(under=torus).fails("zero padding makes the border special"),
        laws.parameters(colour * real + 9 * real),
    ],
    sizes=dict(colour=16, real=24),
)
