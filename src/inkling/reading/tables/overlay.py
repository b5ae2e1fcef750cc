"""The grids of a photo drawn over it, each cell's answer in its place."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.reading.tables.table_types import Cell, Table

LINE = (0, 122, 204)  # the grid
SURE = (0, 122, 60)  # an answer
DOUBT = (204, 60, 0)  # an answer that is unsure, and a cell whose ink is no digit
VEIL = 0.35  # of white, laid over the photo so that what is drawn stands out
SIDE = 1600  # pixels; the drawing's longer side, at most
TEXT = 0.34  # of a cell's height


def draw_tables(pixels: NDArray[np.uint8], width: int, tables: Sequence[Table]) -> Image.Image:
    """The tables over the photo (H, W) or (H, W, 3) uint8, whose own width is `width` pixels.

    The answer of each cell stands in its lower right corner, turned with the cell; an uncertain
    one has another colour and its cell a frame in it.
    """
    image = Image.fromarray(pixels).convert("RGB")
    scale = min(1.0, SIDE / max(image.size))
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    image = Image.blend(image, Image.new("RGB", image.size, "white"), VEIL)
    zoom = image.width / width
    for table in tables:
        for cell in sorted(table.cells, key=is_doubtful):
            _draw_cell(image, cell, table.rotation, zoom)
    return image


def is_doubtful(cell: Cell) -> bool:
    """Whether a person should look at a cell."""
    return cell.verdict in ("unsure", "not-a-digit")


def _draw_cell(image: Image.Image, cell: Cell, rotation: int, zoom: float) -> None:
    corners = np.array(cell.corners) * zoom
    draw = ImageDraw.Draw(image)
    colour = DOUBT if is_doubtful(cell) else LINE
    points = [(float(x), float(y)) for x, y in corners]
    draw.line([*points, points[0]], fill=colour, width=3 if is_doubtful(cell) else 1)
    text = cell.text or ("?" if cell.verdict == "not-a-digit" else "")
    if not text:
        return
    height = float(np.linalg.norm(corners[3] - corners[0]))
    font = ImageFont.load_default(size=max(9, round(TEXT * height)))
    _, _, right, bottom = draw.textbbox((0, 0), text, font=font)
    label = Image.new("L", (round(right) + 2, round(bottom) + 2), 0)
    ImageDraw.Draw(label).text((0, 0), text, fill=255, font=font)
    label = label.rotate(rotation, expand=True)
    # The lower right corner as the table is read, a little inside it.
    inside = corners[2] * 0.86 + corners[0] * 0.14
    spot = inside - np.array(label.size) / 2
    ink = Image.new("RGB", label.size, DOUBT if is_doubtful(cell) else SURE)
    image.paste(ink, (round(float(spot[0])), round(float(spot[1]))), label)
