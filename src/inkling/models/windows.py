"""Lays out the input of a convolution as rows of a matrix (im2col).

As a matrix product, the weight gradient of a convolution takes half the time of torch's own, which
is the slowest part of training a small network on a CPU (docs/log.d/fast.md). The geometry is that
of `Sprint`: 28x28 images, 6x6 filters with stride 2, pooled by 2.
"""

import torch
from torch import Tensor

from inkling.types import SIDE

FILTER = 6  # pixels; side of a first filter with stride 2
BLOCK = 4  # pixels; side of a block; a window is 2x2 blocks
BLOCKS = SIDE // BLOCK  # 7 blocks per side
GRID = BLOCKS - 1  # 6 windows per side
WINDOW = 2 * BLOCK  # 8 pixels; the input of the four filter positions of one pooled output
# Bytes per pixel: a type as wide as BLOCK pixels.
BLOCK_DTYPES = {2: torch.int64, 4: torch.complex128}


def cut_windows(images: Tensor) -> Tensor:
    """The overlapping 8x8 windows (B * 36, 64) of images (B, 1, 28, 28), 4 pixels apart.

    The images are float32 or 16-bit. The pixels of a window are ordered by block, so that a window
    is two contiguous copies.
    """
    count, dtype = len(images), images.dtype
    # It moves words of four pixels, and two adjacent blocks are contiguous: 0.1 ms for 128 images
    # on one core instead of 0.25 ms pixel by pixel.
    word = BLOCK_DTYPES[images.element_size()]
    words = images.contiguous().view(word).view(count, BLOCKS, BLOCK, BLOCKS)
    blocks = words.transpose(2, 3).contiguous()  # (B, block row, block column, row in block)
    row, run = BLOCKS * BLOCK, 2 * BLOCK
    windows = blocks.as_strided((count, GRID, GRID, 2, run), (BLOCKS * row, row, BLOCK, row, 1))
    return windows.reshape(count * GRID * GRID, 2 * run).view(dtype)


def filter_placement() -> Tensor:
    """A matrix (64 * 4, 36) of zeros and ones that places a filter at 4 positions in a window.

    `placement @ filters.T`, reshaped to (64, 4 * C), has each filter at the four positions that the
    pooling chooses from, with pixels ordered as in `cut_windows`.
    """
    place = torch.arange(WINDOW * WINDOW).view(2, 2, BLOCK, BLOCK)
    place = place.transpose(1, 2).reshape(WINDOW, WINDOW)  # (row, column) to place in a window
    placement = torch.zeros(WINDOW * WINDOW, 4, FILTER * FILTER)
    positions = [(top, left) for top in (0, 2) for left in (0, 2)]
    for index, (top, left) in enumerate(positions):
        seen = place[top : top + FILTER, left : left + FILTER].flatten()
        placement[seen, index, torch.arange(FILTER * FILTER)] = 1
    return placement.flatten(0, 1)


def unfold(inputs: Tensor, side: int) -> Tensor:
    """The input of each output of a `side` x `side` convolution, by row, column and channel.

    (B, H, W, C), contiguous, to (B * H' * W', side * side * C).
    """
    count, height, width, channels = inputs.shape
    rows, columns = height - side + 1, width - side + 1
    image, line, pixel, _ = inputs.stride()
    runs = inputs.as_strided(
        (count, rows, columns, side, side * channels), (image, line, pixel, line, 1)
    )
    return runs.reshape(count * rows * columns, side * side * channels)
