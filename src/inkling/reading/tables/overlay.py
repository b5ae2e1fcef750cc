"""Draws the tables of a photo over it, with the answer of each cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.reading.tables.table_types import Cell, Table

LINE = (0, 122, 204)  # colour of the grid
SURE = (0, 122, 60)  # colour of an answer
DOUBT = (204, 60, 0)  # colour of an unsure answer, and of a cell with ink that is no digit
VEIL = 0.35  # weight of white over the photo, for contrast
LONGEST = 1600  # pixels; greatest longer side of the drawing
TEXT = 0.34  # text height, relative to the cell's height


def draw_tables(pixels: NDArray[np.uint8], width: int, tables: Sequence[Table]) -> Image.Image:
    """Draws tables over a photo (H, W) or (H, W, 3) uint8 that is `width` pixels wide undecoded.

    The answer of each cell is in its lower right corner, rotated with the table. An uncertain
    answer and the frame of its cell have another colour.
    """
    image = Image.fromarray(pixels).convert("RGB")
    scale = min(1.0, LONGEST / max(image.size))
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    image = Image.blend(image, Image.new("RGB", image.size, "white"), VEIL)
    zoom = image.width / width
    for table in tables:
        for cell in sorted(table.cells, key=is_doubtful):
            _draw_cell(image, cell, table.rotation, zoom)
    return image


def is_doubtful(cell: Cell) -> bool:
    """Whether a person should check a cell."""
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
    # The lower right corner in the orientation of the table, a little inside the cell.
    inside = corners[2] * 0.86 + corners[0] * 0.14
    spot = inside - np.array(label.size) / 2
    ink = Image.new("RGB", label.size, DOUBT if is_doubtful(cell) else SURE)
    image.paste(ink, (round(float(spot[0])), round(float(spot[1]))), label)
