"""The mark network: separates digits from marks such as points, commas and slashes."""

from torch import Tensor, nn

from inkling.reading.recognise.mark_network import HEIGHT, KINDS, WIDTH

CHANNELS = (16, 32, 48)
HIDDEN = 48


class MarkNet(nn.Module):
    """Logits (B, 8) for windows (B, 2, 32, 64) float32, 0 to 1: a part and its line."""

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
            nn.Flatten(), nn.Linear(flat, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1 + len(KINDS))
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Logits (B, 8) of windows (B, 2, 32, 64)."""
        return self.head(self.features(windows))
