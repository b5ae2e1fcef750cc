"""The line network: reads a whole line of digits and marks without cutting it."""

from torch import Tensor, nn

from inkling.reading.recognise.line_network import CLASSES
from inkling.reading.recognise.strip import HEIGHT


class LineNet(nn.Module):
    """Logits (B, W / 4, 18) for strips (B, 1, 32, W), 0 paper to 1 ink; W is a multiple of 4.

    Convolutions reduce the height to one and the width to a quarter. Further ones along the line
    give each frame a receptive field of about three digits. It is trained by connectionist temporal
    classification (Graves, Fernandez, Gomez and Schmidhuber, 2006).
    """

    def __init__(self, channels: tuple[int, int, int, int, int] = (24, 32, 48, 64, 80)) -> None:
        super().__init__()
        first, second, third, fourth, last = channels
        self.look = nn.Sequential(
            *_convolve(1, first, 5, 2),
            *_convolve(first, second, 3, 1),
            *_convolve(second, third, 3, (2, 1)),
            *_convolve(third, fourth, 3, 2),
            nn.Conv2d(fourth, last, (HEIGHT // 8, 3), padding=(0, 1), bias=False),
            nn.BatchNorm2d(last),
            nn.ReLU(),
        )
        self.along = nn.ModuleList([_Along(last), _Along(last)])
        self.head = nn.Conv2d(last, CLASSES, 1)

    def forward(self, strips: Tensor) -> Tensor:
        """Logits (B, W / 4, 18)."""
        frames = self.look(strips)
        for step in self.along:
            frames = step(frames)
        return self.head(frames)[:, :, 0].transpose(1, 2)


class _Along(nn.Module):
    """A residual block: a depthwise convolution over five frames, then a pointwise one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.frames = nn.Conv2d(channels, channels, (1, 5), padding=(0, 2), groups=channels)
        self.mix = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False),
                                 nn.BatchNorm2d(channels), nn.ReLU())  # fmt: skip

    def forward(self, frames: Tensor) -> Tensor:
        return frames + self.mix(self.frames(frames))


def _convolve(
    inputs: int, channels: int, kernel: int, stride: int | tuple[int, int]
) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(channels), nn.ReLU()]
