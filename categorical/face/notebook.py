"""What notebooks show: the pictures of an arrow and of a schema.

Definition.  ``_repr_svg_`` of an arrow is its string diagram, and of a schema its quiver.
The renderer lives in ``backends``, which the language may not know; the face may, and imports it
when a picture is asked for.

>>> from categorical import Dim, op
>>> n, c, h = Dim.named("n c h")
>>> (op.linear(c, h) >> op.relu)._repr_svg_().startswith("<svg ")
True

A sum type has no picture before its case is decided:

>>> from categorical import Real, case, identity
>>> case(op.linear(c, h), op.linear(n, h))._repr_svg_()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM037]: `case(linear, linear)` meets a wire of the sum type ...
...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from categorical.arrows import Arrow
    from categorical.schemas.schema import Schema


def picture(arrow: Arrow) -> str:
    """The SVG of an arrow."""
    from backends.diagrams import svg

    return str(svg(arrow))


def schema_picture(schema: Schema) -> str:
    """The SVG of a schema."""
    from backends.diagrams.schemas import schema_svg

    return str(schema_svg(schema))
