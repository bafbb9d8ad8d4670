"""Sheets of small grey images as PNG files, with nothing but the standard library.

>>> import torch
>>> data = sheet(torch.zeros(2, 3, 4, 4), zoom=2)
>>> data[:8] == b"\\x89PNG\\r\\n\\x1a\\n", int.from_bytes(data[16:20], "big")
(True, 28)
"""

from __future__ import annotations

import struct
import zlib

from torch import Tensor
from torch.nn.functional import pad

GAP = 1


def sheet(images: Tensor, zoom: int = 6) -> bytes:
    """The PNG of (row, column, height, width) images in [0, 1], ink on paper."""
    framed = pad(images.clamp(0, 1).cpu(), (0, GAP, 0, GAP))
    rows, columns, height, width = framed.shape
    flat = framed.transpose(1, 2).reshape(rows * height, columns * width)[:-GAP, :-GAP]
    ink = (255 - flat * 255).round().byte()
    big = ink.repeat_interleave(zoom, 0).repeat_interleave(zoom, 1)
    lines = b"".join(b"\0" + bytes(line.tolist()) for line in big)
    header = struct.pack(">IIBBBBB", big.shape[1], big.shape[0], 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check
