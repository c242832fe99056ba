"""ONNX files made byte by byte: small models whose answers are known."""

from __future__ import annotations

import struct


def field(number: int, content: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def value_info(name: str, shape: list[int]) -> bytes:
    dims = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name.encode()) + field(2, field(1, field(1, 1) + field(2, dims)))


def classifier(shape: list[int]) -> bytes:
    """A model that takes a picture and gives the mean of each of its channels, ten times: red, green, blue."""
    axes = [2, 3] if shape[1] == 3 else [1, 2]
    listed = field(1, b"axes") + b"".join(field(8, axis) for axis in axes) + field(20, 7)
    keep = field(1, b"keepdims") + field(3, 0) + field(20, 2)
    mean = field(1, b"picture") + field(2, b"mean") + field(4, b"ReduceMean") + field(5, listed) + field(5, keep)
    ten = field(2, 1) + field(8, b"ten") + field(9, struct.pack("<f", 10.0))
    times = field(1, b"mean") + field(1, b"ten") + field(2, b"scores") + field(4, b"Mul")
    graph = field(1, mean) + field(1, times) + field(2, b"g") + field(5, ten)
    graph += field(11, value_info("picture", shape)) + field(12, value_info("scores", [1, 3]))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def _node(inputs: list[str], output: str, operation: str, **options: list[int]) -> bytes:
    made = b"".join(field(1, name.encode()) for name in inputs) + field(2, output.encode())
    made += field(4, operation.encode())
    for name, numbers in options.items():
        made += field(5, field(1, name.encode()) + b"".join(field(8, n) for n in numbers) + field(20, 7))
    return made


def describer(side: int = 32, cells: int = 8, *, parts: bool = False) -> bytes:
    """A model that takes a picture and gives the mean colour of each of its cells: what describes it.

    With ``parts`` it gives a vector for each row of cells of each colour instead of one in all.
    """
    size = side // cells
    graph = field(1, _node(["picture"], "pooled", "AveragePool", kernel_shape=[size, size], strides=[size, size]))
    shape = [1, 3 * cells, cells] if parts else [1, 3 * cells * cells]
    graph += field(1, _node(["pooled", "shape"], "vector", "Reshape")) + field(2, b"g")
    packed = struct.pack(f"<{len(shape)}q", *shape)
    graph += field(5, field(1, len(shape)) + field(2, 7) + field(8, b"shape") + field(9, packed))
    graph += field(11, value_info("picture", [1, 3, side, side])) + field(12, value_info("vector", shape))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))
