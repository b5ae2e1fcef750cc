"""The schemas of responses, which are documented."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from inkling.serving.request_schemas import Label
from inkling.serving.table_schemas import TableOut

Probability = Annotated[float, Field(ge=0, le=1)]
DigitValue = Annotated[int, Field(ge=0, le=9)]
VerdictName = Literal["digits", "blank", "not-a-digit", "unsure"]


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
