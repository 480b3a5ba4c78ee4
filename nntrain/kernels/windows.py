"""Where a sliding window stands: sizes, strides, dilations and padding of convolution and pooling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nntrain.model.shapes import Floats

Pair = tuple[int, int]
FARTHEST = 1_000_000  # pixels of a kernel, a stride, a dilation, a padding: products of them stay whole numbers of C


@dataclass(frozen=True)
class Window:
    """A kernel that slides over an image: output pixel i sees rows i·stride − padding + a·dilation, a = 0 … kernel−1.

    Each field holds height then width; padding is ((top, bottom), (left, right)).
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @property
    def origin(self) -> Pair:
        """Where the first tap of the first output pixel stands in the image."""
        return -self.padding[0][0], -self.padding[1][0]

    def output_size(self, size: Pair) -> Pair:
        """(H', W') of an image (H, W): ⌊(n + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

        Course 4, video "Strided convolutions".  Raises ValueError where the kernel is larger than the padded image.
        """
        return self._output(size[0], 0), self._output(size[1], 1)

    def _output(self, n: int, axis: int) -> int:
        extent = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        padded = n + sum(self.padding[axis])
        if extent > padded:
            raise ValueError(
                f"the kernel covers {extent} {('rows', 'columns')[axis]}, "
                f"the padded input has only {padded}: make the kernel smaller or the padding larger"
            )
        return (padded - extent) // self.stride[axis] + 1


@lru_cache(maxsize=1024)  # layers ask at every step
def window(
    size: Pair,
    kernel: int | Pair,
    stride: int | Pair = 1,
    padding: str | int | Pair = "valid",
    dilation: int | Pair = 1,
) -> Window:
    """The window for an image of `size` (H, W).

    `padding` is "valid" (none), a number of pixels on each side (one for all, or height and width), or "same":
    output = ⌈input / stride⌉, as TensorFlow defines it, so an odd pixel of padding goes to the bottom and the right.
    Raises ValueError, with the argument's name, for sizes below 1 or beyond FARTHEST.
    """
    kernel, stride, dilation = pair(kernel), pair(stride), pair(dilation)
    for name, value in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if min(value) < 1:
            raise ValueError(f"{name} is at least 1, not {min(value)}")
        if max(value) > FARTHEST:
            raise ValueError(f"{name} is at most {FARTHEST:,}, not {max(value):,}")
    if padding == "same":
        return Window(
            kernel,
            stride,
            (_same(size[0], kernel[0], stride[0], dilation[0]), _same(size[1], kernel[1], stride[1], dilation[1])),
            dilation,
        )
    if isinstance(padding, str):
        if padding != "valid":
            raise ValueError(f"padding is a number, 'valid' or 'same', not {padding!r}")
        padding = 0
    top, left = pair(padding)
    if min(top, left) < 0:
        raise ValueError(f"padding is at least 0, not {min(top, left)}")
    if max(top, left) > FARTHEST:
        raise ValueError(f"padding is at most {FARTHEST:,}, not {max(top, left):,}")
    return Window(kernel, stride, ((top, top), (left, left)), dilation)


def pair(value: int | Pair) -> Pair:
    """(height, width): a single number stands for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _same(n: int, kernel: int, stride: int, dilation: int) -> Pair:
    outputs = -(-n // stride)
    total = max(0, (outputs - 1) * stride + dilation * (kernel - 1) + 1 - n)
    return total // 2, total - total // 2


def reach(outputs: int, stride: int, start: int, inputs: int) -> Pair:
    """The outputs lo … hi−1 whose tap, at i·stride + start, falls inside 0 … inputs−1."""
    lo = min(outputs, max(0, -(start // stride)))
    hi = max(lo, min(outputs, (inputs - 1 - start) // stride + 1))
    return lo, hi


def taps(
    X: Floats, kernel: Pair, size: Pair, origin: Pair, stride: Pair, dilation: Pair
) -> Iterator[tuple[Pair, tuple[slice, ...], Floats]]:
    """Each tap (a, b) of the kernel, by column, then row, that lies inside X (C, H, W, m) for some outputs.

    With the place of those outputs in an array (C, *size, m), and what they see there: a view of X.
    """
    reaching = [
        # a kernel may be far larger than the image
        range(max(0, -((o + (n - 1) * s) // d)), min(k, (inputs - 1 - o) // d + 1))
        for k, n, o, s, d, inputs in zip(kernel, size, origin, stride, dilation, X.shape[1:3], strict=True)
    ]
    for b in reaching[1]:
        left = b * dilation[1] + origin[1]
        j0, j1 = reach(size[1], stride[1], left, X.shape[2])
        for a in reaching[0]:
            top = a * dilation[0] + origin[0]
            i0, i1 = reach(size[0], stride[0], top, X.shape[1])
            if i0 < i1 and j0 < j1:
                seen = X[
                    :,
                    i0 * stride[0] + top : (i1 - 1) * stride[0] + top + 1 : stride[0],
                    j0 * stride[1] + left : (j1 - 1) * stride[1] + left + 1 : stride[1],
                ]
                yield (a, b), (slice(None), slice(i0, i1), slice(j0, j1)), seen
