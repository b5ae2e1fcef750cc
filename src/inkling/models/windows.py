"""Convolutions as matrix products over windows, with gradients written out.

Both give what `conv2d` and `max_pool2d` give; they exist because the weight gradients of those
are the slowest part of training a small network on a CPU (measured in docs/log.d/fast.md).
The geometry is that of `Sprint`: 28x28 pictures, 6x6 filters that move by 2, pooled by 2.
"""

from typing import Any

import torch
from torch import Tensor

from inkling.types import SIDE

FILTER = 6  # pixels, side of a first filter; it moves by 2
BLOCK = 4  # pixels, side of the blocks that pictures are cut into; a window is 2x2 blocks
BLOCKS = SIDE // BLOCK  # 7 a side
GRID = BLOCKS - 1  # 6 windows a side
WINDOW = 2 * BLOCK  # 8 pixels, what the four filter positions of one pooled output see
WORDS = {2: torch.int64, 4: torch.complex128}  # bytes of a pixel: what moves BLOCK of them at once


def cut_windows(images: Tensor) -> Tensor:
    """The overlapping 8x8 windows (B * 36, 64) of pictures (B, 1, 28, 28), 4 pixels apart.

    The pictures are float32 or of 16 bits. Pixels within a window are ordered block by block, so
    that a window is two runs of memory to copy.
    """
    count, dtype = len(images), images.dtype
    # Whole words of four pixels are moved, and two blocks lie in one run of memory: 0.1 ms for
    # 128 pictures on a core, against 0.25 ms pixel by pixel.
    word = WORDS[images.element_size()]
    words = images.contiguous().view(word).view(count, BLOCKS, BLOCK, BLOCKS)
    blocks = words.transpose(2, 3).contiguous()  # (B, block row, block column, row in block)
    row, run = BLOCKS * BLOCK, 2 * BLOCK
    windows = blocks.as_strided((count, GRID, GRID, 2, run), (BLOCKS * row, row, BLOCK, row, 1))
    return windows.reshape(count * GRID * GRID, 2 * run).view(dtype)


def filter_placement() -> Tensor:
    """(36, 4 * 64) of zeros and ones: where a filter's weights lie in a window, at 4 positions.

    `filters (C, 36) @ placement` is (C, 4, 64): each filter at the four positions that the
    pooling chooses from, its pixels ordered as in `cut_windows`.
    """
    place = torch.arange(WINDOW * WINDOW).view(2, 2, BLOCK, BLOCK)
    place = place.transpose(1, 2).reshape(WINDOW, WINDOW)  # (row, column) to place in a window
    placement = torch.zeros(FILTER * FILTER, 4, WINDOW * WINDOW)
    positions = [(top, left) for top in (0, 2) for left in (0, 2)]
    for index, (top, left) in enumerate(positions):
        seen = place[top : top + FILTER, left : left + FILTER].flatten()
        placement[torch.arange(FILTER * FILTER), index, seen] = 1
    return placement.flatten(1)


class PooledFilters(torch.autograd.Function):
    """The greatest of a filter's answers at four positions: convolution and max pool in one.

    Takes windows (N, 64) and filters (64, 4 * C), position by position; gives (N, C). The
    windows get no gradient. Where two positions tie, both learn.
    """

    @staticmethod
    def forward(ctx: Any, windows: Tensor, filters: Tensor) -> Tensor:
        """See the class."""
        answers = (windows @ filters).view(len(windows), 4, -1)
        first, second, third, fourth = answers.unbind(1)
        greatest = torch.maximum(torch.maximum(first, second), torch.maximum(third, fourth))
        ctx.save_for_backward(windows, answers, greatest)
        return greatest

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        """The filters' gradient."""
        windows, answers, greatest = ctx.saved_tensors
        # In place, since a fresh tensor of this size costs as much as the arithmetic.
        share = answers.eq_(greatest.unsqueeze(1)).mul_(gradients[0].unsqueeze(1))
        return None, windows.T @ share.view(len(windows), -1)


class WindowedConvolution(torch.autograd.Function):
    """`conv2d` without padding or bias, its weight gradient as one product over windows.

    Takes (B, C, H, W), in channels-last memory, and weights (O, C, K, K). At (128, 32, 6, 6)
    the weight gradient takes 0.23 ms on a core this way and 0.47 ms as torch does it.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor) -> Tensor:
        """See the class."""
        ctx.save_for_backward(inputs, weight)
        return torch.conv2d(inputs, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of the inputs and of the weights."""
        inputs, weight = ctx.saved_tensors
        # Not torch.nn.grad.conv2d_input: it hides the memory format, which doubles its time.
        learnt = torch.ops.aten.convolution_backward(
            gradients[0], inputs, weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1,
            [True, False, False],
        )[0]  # fmt: skip
        windows = _windows(inputs, weight.shape[2])
        flat = gradients[0].permute(0, 2, 3, 1).reshape(len(windows), -1)
        outputs, channels, side, _ = weight.shape
        shaped = (flat.T @ windows).view(outputs, side, side, channels)
        return learnt, shaped.permute(0, 3, 1, 2)


def _windows(inputs: Tensor, side: int) -> Tensor:
    """(B * H' * W', side * side * C): what each output position sees, rows then columns."""
    nhwc = inputs.permute(0, 2, 3, 1).contiguous()
    count, height, width, channels = nhwc.shape
    rows, columns = height - side + 1, width - side + 1
    image, line, pixel, _ = nhwc.stride()
    runs = nhwc.as_strided(
        (count, rows, columns, side, side * channels), (image, line, pixel, line, 1)
    )
    return runs.reshape(count * rows * columns, side * side * channels)
