"""Ruled grids drawn with OpenCV: no part of the composer that the networks learnt from."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

PAPER = 232


def draw_grid(
    texts: Sequence[Sequence[str]],
    *,
    cell: tuple[int, int] = (40, 40),
    thick: int = 2,
    grain: float = 3.0,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A sheet (H, W) uint8 with one grid; `cell` is height and width of a cell in pixels."""
    height, width = cell
    rows, columns = len(texts), len(texts[0])
    sheet = np.full((rows * height + 80, columns * width + 80), PAPER, np.uint8)
    for i in range(rows + 1):
        y = 40 + i * height
        cv2.line(sheet, (40, y), (40 + columns * width, y), 60, thick)
    for j in range(columns + 1):
        x = 40 + j * width
        cv2.line(sheet, (x, 40), (x, 40 + rows * height), 60, thick)
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            middle = (40 + j * width + width // 2, 40 + i * height + height // 2)
            _write(sheet, text, middle, 0.55 * height)
    noise = np.random.default_rng(seed).normal(0, grain, sheet.shape)
    return np.clip(cv2.GaussianBlur(sheet, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


def _write(sheet: NDArray[np.uint8], text: str, middle: tuple[int, int], tall: float) -> None:
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, tall / 21
    thick = max(1, round(2 * scale))
    (w, h), _ = cv2.getTextSize(text, font, scale, thick)
    cv2.putText(sheet, text, (middle[0] - w // 2, middle[1] + h // 2), font, scale, 30, thick)


def tilt(sheet: NDArray[np.uint8], degrees: float, turn: float = 0.0) -> NDArray[np.uint8]:
    """The sheet seen by a camera that leans by `degrees`, and turned in its plane by `turn`."""
    height, width = sheet.shape
    size = float(max(height, width))
    lean, spin = np.radians(degrees), np.radians(turn)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    flat = corners - [width / 2, height / 2]
    flat = flat @ np.array([[np.cos(spin), np.sin(spin)], [-np.sin(spin), np.cos(spin)]])
    depth = 2.2 * size + flat[:, 1] * np.sin(lean)
    seen = np.stack([flat[:, 0], flat[:, 1] * np.cos(lean)], axis=1) * (2.2 * size / depth)[:, None]
    low = seen.min(axis=0) - 20
    high = seen.max(axis=0) + 20
    matrix = cv2.getPerspectiveTransform(
        corners.astype(np.float32), (seen - low).astype(np.float32)
    )
    extent = (int(high[0] - low[0]), int(high[1] - low[1]))
    return np.asarray(cv2.warpPerspective(sheet, matrix, extent, borderValue=PAPER), np.uint8)
