"""The mark network: separates digits from marks, such as points and slashes, and rulings."""

from torch import Tensor, nn

from inkling.reading.recognise.mark_network import CLASSES, HEIGHT, WIDTH

CHANNELS = (24, 48, 64)
HIDDEN = 64


class MarkNet(nn.Module):
    """Logits (B, 9) for windows (B, 2, 32, 96) float32, 0 to 1: a part and its line."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 2
        for channels, kernel in zip(CHANNELS, (5, 3, 3), strict=True):
            convolution = nn.Conv2d(inputs, channels, kernel, 2, kernel // 2, bias=False)
            layers += [convolution, nn.BatchNorm2d(channels), nn.ReLU()]
            inputs = channels
        self.features = nn.Sequential(*layers)
        flat = CHANNELS[-1] * (HEIGHT // 8) * (WIDTH // 8)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(flat, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(CLASSES))
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Logits (B, 9) of windows (B, 2, 32, 96)."""
        return self.head(self.features(windows))
