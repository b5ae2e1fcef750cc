"""The schemas of requests, which are validated."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inkling.errors import InklingError
from inkling.reading.tables.read_tables import TableOptions, parse_cells

MAX_BATCH = 64  # images in one batch
MAX_CROP_TEXT = 6_000  # characters of a crop as base64
NAME_LENGTH = 200  # characters of an image's name

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Label = Annotated[
    str, Field(min_length=1, max_length=NAME_LENGTH, description="The name of the class.")
]


class Incoming(BaseModel):
    """A request: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class NoQuery(Incoming):
    """No parameters."""


class ReadQuery(Incoming):
    """The query of `/v1/read`."""

    name: Annotated[Name | None, Field(description="The image's name in the response.")] = None
    one: Annotated[bool, Field(description="The image holds at most one digit.")] = False
    seen: Annotated[
        bool, Field(description="Add the network's input image and output for each box.")
    ] = False
    explain: Annotated[
        bool, Field(description="Add that, and an image of each processing step.")
    ] = False
    table: Annotated[bool, Field(description="Add the tables: ruled grids, cell by cell.")] = False
    cells: Annotated[
        str | None,
        Field(
            description="Rows x columns of each table, as in 9x9; only with table.",
            pattern=r"^[0-9]{1,4}x[0-9]{1,4}$",
        ),
    ] = None
    digits_per_cell: Annotated[
        int | None,
        Field(description="Digits in each cell that is not blank; only with table.", ge=1, le=100),
    ] = None

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        if not self.table and (self.cells or self.digits_per_cell):
            raise ValueError("cells and digits_per_cell need table=true")
        _ = self.table_options
        return self

    @property
    def table_options(self) -> TableOptions | None:
        """What is known of the tables, or None where none are asked for."""
        if not self.table:
            return None
        try:
            size = parse_cells(self.cells) if self.cells else None
        except InklingError as error:
            raise ValueError(str(error)) from error
        return TableOptions(size, self.digits_per_cell)


class BatchQuery(Incoming):
    """The query of `/v1/read/batch`."""

    one: Annotated[bool, Field(description="Each image holds at most one digit.")] = False


class ImageBody(Incoming):
    """An image in JSON."""

    image: Annotated[
        str, Field(description="The file's bytes as base64 or as a data URL.", min_length=1)
    ]
    name: Annotated[Name | None, Field(description="The image's name in the response.")] = None


class BatchBody(Incoming):
    """Images in JSON."""

    images: Annotated[list[ImageBody], Field(min_length=1, max_length=MAX_BATCH)]


class CorrectionBody(Incoming):
    """What the crop of a box truly shows."""

    image: Annotated[
        str,
        Field(
            description="The crop, as `seen` of /v1/read returns it: a PNG of 28 x 28 pixels, as "
            "a data URL or as base64.",
            min_length=1,
            max_length=MAX_CROP_TEXT,
        ),
    ]
    predicted: Annotated[Label, Field(description="What was read: a label, or not-a-digit.")]
    correct: Annotated[
        Label, Field(description="What it is: a label of the model, or not-a-digit.")
    ]
