"""Tied autoencoder: what decodes is the transpose of what encodes.

The decoder has no weight of its own: it reads that of the encoder, transposed.  There is one array
to train, and its gradient is the sum of what both uses ask for.

Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", 2008.
"""

from categorical import Dim, Real, architecture, arrow, laws, op, reparametrise, swap

pixel, code = Dim.named("pixel code")
SIZES = dict(pixel=64, code=16)

transposed = op.transpose(pixel, code).at(Real[code, pixel])


def tie_decoder(autoencoder):
    """The autoencoder whose decoder weight is the transpose of its encoder weight."""
    return reparametrise(
        autoencoder,
        "decode.weight",
        by=transposed,
        names=["encoder_weight"],
        read={"encoder_weight": "encode.weight"},
    )


encode = op.linear(pixel, code, name="encode")
decode = op.linear(code, pixel, name="decode")

untied = encode >> op.tanh >> decode


@arrow
def written_out(image: Real[pixel]) -> Real[pixel]:
    """Both uses of the one weight."""
    weight = op.parameter(Real[code, pixel], name="weight")()
    encode_bias = op.parameter(Real[code], name="encode_bias")()
    decode_bias = op.parameter(Real[pixel], name="decode_bias")()
    hidden = op.tanh(op.einsum(code)(weight, image) + encode_bias)
    return op.einsum(pixel)(weight, hidden) + decode_bias


model = architecture(
    tie_decoder(untied).named("tied_autoencoder"),
    laws=[
        laws.parameters(code * pixel + code + pixel),
        laws.equal(
            written_out,
            renaming={
                "weight": "encode.weight",
                "encode_bias": "encode.bias",
                "decode_bias": "decode.bias",
            },
            name="equal[one weight, used twice]",
        ),
    ],
    sizes=SIZES,
)


# Without activation and biases, decoding after encoding is W^T W: a symmetric matrix.
linear_autoencoder = tie_decoder(
    op.linear(pixel, code, bias=False, name="encode")
    >> op.linear(code, pixel, bias=False, name="decode")
).named("linear_autoencoder")


@arrow
def agreement(image: Real[pixel], other: Real[pixel]) -> Real[()]:
    """The inner product of one image, encoded and decoded, with another one."""
    return op.contract(pixel)(linear_autoencoder(image), other)


symmetric = architecture(
    agreement,
    laws=[
        laws.equal(
            swap(Real[pixel], Real[pixel]) >> agreement,
            renaming={"agreement": ""},
            name="equal[images swapped]",
        ),
        laws.linear("image"),
        laws.linear("other"),
    ],
    sizes=SIZES,
)
