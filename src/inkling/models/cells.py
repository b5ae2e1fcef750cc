"""The network that reads a cell of a table."""

import torch
from torch import Tensor, nn

from inkling.reading.tables.cell_network import CLASSES
from inkling.reading.tables.cell_windows import SIDE

# Channels, kernel and stride of the convolutions; then hidden units.
LAYERS = ((24, 5, 2), (48, 3, 1), (64, 3, 2), (64, 3, 1), (96, 3, 2))
HIDDEN = 96


class CellNet(nn.Module):
    """Logits (B, 13) for windows (B, 2, 32, 32) float32, 0 paper to 1: strokes and cell."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, side = 2, SIDE
        for channels, kernel, stride in LAYERS:
            convolution = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
            layers += [convolution, nn.BatchNorm2d(channels), nn.ReLU()]
            inputs, side = channels, side // stride
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs * side * side, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, CLASSES),
        )
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, windows: Tensor) -> Tensor:
        """Logits (B, 13), divided by the temperature, of windows (B, 2, 32, 32)."""
        return self.head(self.features(windows)) / self.temperature
