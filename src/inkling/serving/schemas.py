"""The schemas of requests, which are validated, and of responses, which are documented."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inkling.errors import InklingError
from inkling.reading.tables.read_tables import TableOptions, parse_cells
from inkling.serving.table_schemas import TableOut

MAX_BATCH = 64  # images in one batch
MAX_CROP_TEXT = 6_000  # characters of a crop as base64
NAME_LENGTH = 200  # characters of an image's name

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Label = Annotated[
    str, Field(min_length=1, max_length=NAME_LENGTH, description="The name of the class.")
]
Probability = Annotated[float, Field(ge=0, le=1)]
DigitValue = Annotated[int, Field(ge=0, le=9)]
VerdictName = Literal["digits", "blank", "not-a-digit", "unsure"]


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


class CorrectionsOut(BaseModel):
    """Whether the service stores corrections, and how many there are."""

    enabled: bool
    stored: Annotated[int, Field(ge=0)]
    limit: Annotated[int, Field(ge=0)]


class StoredOut(BaseModel):
    """A correction that was stored."""

    file: Annotated[str, Field(description="The name of the crop in the service's folder.")]


class AlternativeOut(BaseModel):
    """Another possible class of a box."""

    digit: DigitValue | None
    label: Label
    confidence: Probability


class DigitOut(BaseModel):
    """One box and the class read in it."""

    digit: Annotated[DigitValue | None, Field(description="null where the label is no digit.")]
    label: Label
    confidence: Probability
    box: Annotated[
        list[int], Field(description="x, y, width, height in pixels.", min_length=4, max_length=4)
    ]
    verdict: VerdictName
    alternatives: list[AlternativeOut]
    doubts: Annotated[list[str], Field(description="Reasons for a low confidence.")]


class SeenOut(BaseModel):
    """The network's input image for one box, and its output probabilities."""

    image: Annotated[str, Field(description="28 x 28 pixels, light on dark; a PNG as a data URL.")]
    probabilities: Annotated[
        list[Probability], Field(description="One for each of the model's labels.", min_length=2)
    ]
    none: Annotated[float, Field(ge=0, le=1, description="Probability that it is not a digit.")]


class StepOut(BaseModel):
    """The image of one processing step."""

    title: str
    image: Annotated[str, Field(description="A PNG as a data URL.")]


class MarkOut(BaseModel):
    """Ink that was found but not read as a digit."""

    kind: Literal["point", "comma", "minus", "slash", "colon", "percent", "other"]
    box: Annotated[list[int], Field(description="x, y, width, height in pixels.")]


class ReadingOut(BaseModel):
    """The reading of one image, as in `inkling read --json`."""

    image: Annotated[str, Field(description="The image's name.")]
    verdict: VerdictName
    text: Annotated[
        str,
        Field(
            description="The labels, with a line break between lines and a space between numbers."
        ),
    ]
    digits: list[DigitOut]
    lines: Annotated[
        list[list[int]],
        Field(description="Indices into digits for each line of text, from top to bottom."),
    ] = []
    others: Annotated[list[MarkOut], Field(description="Ink that was not read.")] = []
    rotation: Annotated[
        Literal[0, 90, 180, 270],
        Field(description="Degrees clockwise by which the image was rotated for reading."),
    ] = 0
    size: Annotated[
        list[int] | None,
        Field(description="The size that the boxes refer to; only with seen, explain or table."),
    ] = None
    seen: Annotated[list[SeenOut] | None, Field(description="One entry for each digit.")] = None
    steps: list[StepOut] | None = None
    tables: Annotated[
        list[TableOut] | None, Field(description="The largest first; only with table.")
    ] = None


class FailedOut(BaseModel):
    """An image of a batch that could not be read."""

    image: str
    error: Annotated[str, Field(description="The reason, in one sentence.")]


class CardOut(BaseModel):
    """The model in use: its input normalisation and decision thresholds."""

    model_config = ConfigDict(extra="allow")

    file: str
    sha256: str
    classes: list[str]
    labels: Annotated[
        list[str], Field(description="The classes without none, as seen orders them.")
    ]
    mean: float
    std: float
    temperature: float
    thresholds: dict[str, float]


class HealthOut(BaseModel):
    """The state of the service."""

    status: Literal["ok", "ready", "starting", "stopping"]


class FaultOut(BaseModel):
    """One invalid part of a request."""

    where: str
    what: str


class ProblemOut(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: list[FaultOut] | None = None
