"""The schemas of tables in responses, which are documented."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Point = Annotated[list[float], Field(min_length=2, max_length=2)]
Corners = Annotated[
    list[Point],
    Field(description="x, y in pixels, clockwise from the top left.", min_length=4, max_length=4),
]


class CellDigitOut(BaseModel):
    """One digit of a cell."""

    digit: Annotated[int, Field(ge=0, le=9)]
    confidence: Annotated[float, Field(ge=0, le=1)]
    box: Annotated[list[int], Field(description="x, y, width, height in pixels.")]


class CellOut(BaseModel):
    """One cell of a table."""

    text: Annotated[str, Field(description="Its digits; empty for a blank cell.")]
    verdict: Literal["digits", "blank", "not-a-digit", "unsure"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    corners: Corners
    digits: list[CellDigitOut]
    span: Annotated[list[int] | None, Field(description="Rows and columns of a merged cell.")] = (
        None
    )


class TableOut(BaseModel):
    """A ruled grid."""

    rows: Annotated[int, Field(ge=1)]
    columns: Annotated[int, Field(ge=1)]
    box: Annotated[list[int], Field(description="x, y, width, height in pixels.")]
    corners: Corners
    rotation: Literal[0, 90, 180, 270]
    cells: Annotated[
        list[list[CellOut | None]],
        Field(description="Its rows; null where a merged cell continues."),
    ]
