"""The text map network: the probability of handwriting for each pixel."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INPUTS = 2  # the grey image and its ink; see inkling.reading.detect.text_map_network


class WritingNet(nn.Module):
    """Logits (B, 1, H, W) for images (B, 2, H, W); H and W are multiples of 16.

    An encoder of strided convolutions and a decoder with skip connections (U-Net: Ronneberger,
    Fischer and Brox, 2015). The first convolution halves the image and the last one outputs four
    pixels per position, so that nothing is computed at full size.
    """

    def __init__(self, channels: tuple[int, int, int, int] = (16, 24, 32, 48)) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = channels
        self.down = nn.ModuleList(
            [
                nn.Sequential(_convolve(INPUTS, half, 2, kernel=5), _convolve(half, half)),
                nn.Sequential(_convolve(half, quarter, 2), _convolve(quarter, quarter)),
                nn.Sequential(_convolve(quarter, eighth, 2), _convolve(eighth, eighth)),
                nn.Sequential(_convolve(eighth, sixteenth, 2), _convolve(sixteenth, sixteenth)),
            ]
        )
        self.up = nn.ModuleList(
            [
                _convolve(sixteenth + eighth, eighth),
                _convolve(eighth + quarter, quarter),
                _convolve(quarter + half, half),
            ]
        )
        self.last = nn.Conv2d(half, 4, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of images (B, 2, H, W)."""
        sizes = []
        for step in self.down:
            images = step(images)
            sizes.append(images)
        images = sizes.pop()
        for step in self.up:
            larger = F.interpolate(images, scale_factor=2.0, mode="nearest")
            images = step(torch.cat([larger, sizes.pop()], dim=1))
        return F.pixel_shuffle(self.last(images), 2)


def _convolve(inputs: int, channels: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())
