"""The forward and backward pass of `Sprint` as one autograd function.

One function has less overhead in autograd than its parts: it saves 4 to 8 % of a step of 128 images
on a processor without AMX (docs/log.d/fast.md).
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.models.windows import GRID, WINDOW, unfold

KERNEL = 3  # pixels, side of the second convolution
OUTPUT_SIDE = GRID - KERNEL + 1  # 4, side of its output
FILTERS = 3  # index of the filters in the arguments of `SprintFunction`


class Weights(NamedTuple):
    """The trainable weights, float32, for C first and O second channels and K classes."""

    filters: Tensor  # (C, 36)
    shift: Tensor  # (C,)
    mix: Tensor  # (O, C, 3, 3)
    scale: Tensor  # (O,)
    offset: Tensor  # (O,)
    head: Tensor  # (K, 16 * O)
    bias: Tensor  # (K,)


class SprintFunction(torch.autograd.Function):
    """Windows (B * 36, 64) to logits (B, K), in the windows' dtype.

    Takes the windows of `cut_windows`, the `filter_placement`, the batch norm (whose running
    statistics change in training) and the `Weights`. The windows get no gradient. If two positions
    of a pooled filter tie, both get a gradient. If the first layer needs none, its part of the
    backward pass is left out: a third of a step.
    """

    @staticmethod
    def forward(
        ctx: Any, windows: Tensor, placement: Tensor, norm: nn.BatchNorm2d, *learnt: Tensor
    ) -> Tensor:
        """See the class."""
        dtype, weights = windows.dtype, Weights(*learnt)
        channels, outputs = len(weights.filters), len(weights.mix)
        wide = (placement @ weights.filters.T).view(WINDOW * WINDOW, 4 * channels).to(dtype)
        answers = (windows @ wide).view(len(windows), 4, channels)
        first, second, third, fourth = answers.unbind(1)
        greatest = torch.maximum(torch.maximum(first, second), torch.maximum(third, fourth))
        hidden = F.relu(greatest + weights.shift.to(dtype)).view(-1, GRID, GRID, channels)
        seen = unfold(hidden, KERNEL)
        # (O, 9 * C), as the rows of `seen` are ordered
        kernels = weights.mix.to(dtype).permute(0, 2, 3, 1).reshape(outputs, -1)
        mixed = seen @ kernels.T
        normed, mean, deviation = torch.native_batch_norm(
            mixed, weights.scale, weights.offset, norm.running_mean, norm.running_var,
            norm.training, norm.momentum or 0.0, norm.eps,
        )  # fmt: skip
        features = F.relu(normed).view(len(hidden), -1)
        head = weights.head.to(dtype)
        ctx.norm = norm.running_mean, norm.running_var, norm.training, norm.eps
        ctx.save_for_backward(
            windows, placement, answers, greatest, hidden, seen, weights.mix, mixed,
            weights.scale, mean, deviation, features, head,
        )  # fmt: skip
        return torch.addmm(weights.bias.to(dtype), features, head.T)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of the weights."""
        (
            windows, placement, answers, greatest, hidden, seen, mix, mixed,
            scale, mean, deviation, features, head,
        ) = ctx.saved_tensors  # fmt: skip
        (upstream,) = gradients
        running_mean, running_var, training, eps = ctx.norm
        bias, head_gradient = upstream.sum(0), upstream.T @ features
        flat = torch.ops.aten.threshold_backward(upstream @ head, features, 0)
        flat, scale_gradient, offset = torch.ops.aten.native_batch_norm_backward(
            flat.view(mixed.shape), mixed, scale, running_mean, running_var, mean, deviation,
            training, eps, [True, True, True],
        )  # fmt: skip
        outputs, channels = mix.shape[:2]
        kernels = (flat.T @ seen).view(outputs, KERNEL, KERNEL, channels).permute(0, 3, 1, 2)
        others = (kernels, scale_gradient, offset, head_gradient, bias)
        later = tuple(gradient.float() for gradient in others)
        if not ctx.needs_input_grad[FILTERS]:
            return None, None, None, None, None, *later
        (pulled, _, _) = torch.ops.aten.convolution_backward(
            flat.view(-1, OUTPUT_SIDE, OUTPUT_SIDE, outputs).permute(0, 3, 1, 2),
            hidden.permute(0, 3, 1, 2),
            mix.to(flat.dtype, memory_format=torch.channels_last), None,
            [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True, False, False],
        )  # fmt: skip
        pulled = pulled.permute(0, 2, 3, 1).reshape(hidden.shape)
        pulled = torch.ops.aten.threshold_backward(pulled, hidden, 0).view(len(windows), -1)
        shift = pulled.sum(0)
        # In place, because a new tensor of this size takes as long as the arithmetic.
        routed = answers.eq_(greatest.unsqueeze(1)).mul_(pulled.unsqueeze(1))
        wide = (windows.T @ routed.view(len(windows), -1)).view(-1, channels)
        filters = wide.float().T @ placement
        return None, None, None, filters, shift.float(), *later
