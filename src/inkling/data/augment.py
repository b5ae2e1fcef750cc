"""Augmentation as batched tensor functions: each takes and gives (B, 1, 28, 28).

Displaced pictures are sampled bilinearly; what comes in from outside is empty background.
"""

import math

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from inkling.types import BACKGROUND, SIDE

STRENGTHS = ("rotation_degrees", "shift_pixels", "scale", "shear_degrees", "elastic_pixels")


class Augment(BaseModel):
    """How training pictures are varied; every zero leaves that variation out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotation_degrees: float = Field(0.0, ge=0, le=180, description="up to, either way")
    shift_pixels: float = Field(0.0, ge=0, le=14, description="up to, each axis")
    scale: float = Field(0.0, ge=0, le=0.9, description="0.1 is 0.9 to 1.1 times, each axis")
    shear_degrees: float = Field(0.0, ge=0, le=60, description="up to, either way")
    elastic_pixels: float = Field(0.0, ge=0, le=10, description="sd of the local displacement")
    elastic_smoothness: float = Field(4.0, gt=0.5, le=14, description="sd of the blur, pixels")
    final_strength: float = Field(1.0, ge=0, le=1, description="times all of the above, at the end")
    final_share: float = Field(0.3, ge=0, le=1, description="of the steps that count as the end")

    @property
    def active(self) -> bool:
        """Whether anything is varied at all."""
        return self.bends or self.moves

    def at(self, share: float) -> "Augment":
        """How much is varied after this share (0 to 1) of the training.

        Towards the end pictures may be varied less, so that what was learnt last is nearer to
        what will be asked.
        """
        if self.final_strength == 1 or share < 1 - self.final_share:
            return self
        return self.model_copy(
            update={name: getattr(self, name) * self.final_strength for name in STRENGTHS}
        )

    @property
    def moves(self) -> bool:
        """Whether there is an affine part."""
        return any((self.rotation_degrees, self.shift_pixels, self.scale, self.shear_degrees))

    @property
    def bends(self) -> bool:
        """Whether there is an elastic part."""
        return self.elastic_pixels > 0


def augment_images(images: Tensor, augment: Augment) -> Tensor:
    """Vary each normalised picture (B, 1, 28, 28) by its own draw from the global generator."""
    if not augment.active:
        return images
    grid = affine_grid(len(images), augment, images.device)
    if augment.bends:
        grid = grid + elastic_field(len(images), augment, images.device)
    moved = F.grid_sample(images - BACKGROUND, grid.to(images.dtype), align_corners=False)
    return moved + BACKGROUND


def affine_grid(count: int, augment: Augment, device: torch.device) -> Tensor:
    """Where to sample, (B, 28, 28, 2) in -1..1: rotation, shear, scale and shift drawn evenly."""
    draw = torch.rand(6, count, device=device) * 2 - 1
    angle = draw[0] * math.radians(augment.rotation_degrees)
    shear = torch.tan(draw[1] * math.radians(augment.shear_degrees))
    width, height = 1 + draw[2] * augment.scale, 1 + draw[3] * augment.scale
    shift = draw[4:] * (2 * augment.shift_pixels / SIDE)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    first = torch.stack([cosine * width, (cosine * shear - sine) * height, shift[0]], dim=1)
    second = torch.stack([sine * width, (sine * shear + cosine) * height, shift[1]], dim=1)
    theta = torch.stack([first, second], dim=1)  # (B, 2, 3)
    return F.affine_grid(theta, [count, 1, SIDE, SIDE], align_corners=False)


def elastic_field(count: int, augment: Augment, device: torch.device) -> Tensor:
    """A smooth random displacement, (B, 28, 28, 2) in -1..1.

    White noise blurred by a Gaussian and brought to the wanted sd: Simard, Steinkraus and
    Platt, 2003.
    """
    blur = _gaussian_matrix(augment.elastic_smoothness, device)
    noise = torch.randn(count * 2, SIDE, SIDE, device=device)
    # Two matrix products of 28x28 blur both axes at once, several times faster than convolving.
    smooth = blur @ noise @ blur.T
    smooth = smooth * (augment.elastic_pixels * 2 / SIDE)
    return smooth.view(count, 2, SIDE, SIDE).permute(0, 2, 3, 1)


def _gaussian_matrix(sigma: float, device: torch.device) -> Tensor:
    """(28, 28): row i blurs towards pixel i; rows have unit length, so noise keeps its sd."""
    place = torch.arange(SIDE, device=device, dtype=torch.float32)
    weights = torch.exp(-((place[:, None] - place[None, :]) ** 2) / (2 * sigma**2))
    return weights / weights.norm(dim=1, keepdim=True)
