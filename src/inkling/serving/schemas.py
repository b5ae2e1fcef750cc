"""The shapes of what comes in and what goes out, for checking the one and describing the other."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_PICTURES = 64  # in one batch
NAME_LENGTH = 200  # characters of a picture's name

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Probability = Annotated[float, Field(ge=0, le=1)]
DigitValue = Annotated[int, Field(ge=0, le=9)]
VerdictName = Literal["digits", "blank", "not-a-digit", "unsure"]


class Incoming(BaseModel):
    """What is sent to the service: a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class NoQuery(Incoming):
    """No parameters at all."""


class ReadQuery(Incoming):
    """The query of `/v1/read`."""

    name: Annotated[Name | None, Field(description="What the reading calls the picture.")] = None
    one: Annotated[bool, Field(description="The picture holds one digit at most.")] = False
    seen: Annotated[
        bool, Field(description="Add what the network saw in each box, and all it made of it.")
    ] = False
    explain: Annotated[
        bool, Field(description="Add that, and the pictures of the road to the answer.")
    ] = False


class BatchQuery(Incoming):
    """The query of `/v1/read/batch`."""

    one: Annotated[bool, Field(description="Each picture holds one digit at most.")] = False


class ImageBody(Incoming):
    """A picture in JSON."""

    image: Annotated[
        str, Field(description="The file's bytes in base64; a data URL will do.", min_length=1)
    ]
    name: Annotated[Name | None, Field(description="What the reading calls the picture.")] = None


class BatchBody(Incoming):
    """Pictures in JSON."""

    images: Annotated[list[ImageBody], Field(min_length=1, max_length=MOST_PICTURES)]


class AlternativeOut(BaseModel):
    """Another digit that a box may hold."""

    digit: DigitValue
    confidence: Probability


class DigitOut(BaseModel):
    """One box and the digit read in it."""

    digit: DigitValue
    confidence: Probability
    box: Annotated[
        list[int], Field(description="x, y, width, height in pixels", min_length=4, max_length=4)
    ]
    verdict: VerdictName
    alternatives: list[AlternativeOut]
    doubts: Annotated[list[str], Field(description="Plain words: what makes this unsure.")]


class SeenOut(BaseModel):
    """What the network saw in one box, and all eleven numbers that it gave."""

    image: Annotated[str, Field(description="28 x 28 pixels, light on dark: a PNG as data URL")]
    probabilities: Annotated[list[Probability], Field(min_length=10, max_length=10)]
    none: Annotated[float, Field(ge=0, le=1, description="That it is no digit.")]


class StepOut(BaseModel):
    """One picture of the road to the answer."""

    title: str
    image: Annotated[str, Field(description="a PNG as data URL")]


class ReadingOut(BaseModel):
    """What the reader says of one picture, as `inkling read --json` does."""

    image: Annotated[str, Field(description="The picture's name.")]
    verdict: VerdictName
    text: Annotated[str, Field(description="The digits in reading order.")]
    digits: list[DigitOut]
    size: Annotated[
        list[int] | None,
        Field(description="width, height the boxes refer to; only with seen or explain"),
    ] = None
    seen: Annotated[list[SeenOut] | None, Field(description="An entry for each of digits.")] = None
    steps: list[StepOut] | None = None


class FailedOut(BaseModel):
    """A picture of a batch that could not be read."""

    image: str
    error: Annotated[str, Field(description="A plain sentence.")]


class CardOut(BaseModel):
    """The model in use: how pictures must look for it, and when it doubts."""

    model_config = ConfigDict(extra="allow")

    file: str
    sha256: str
    classes: list[str]
    mean: float
    std: float
    temperature: float
    thresholds: dict[str, float]


class HealthOut(BaseModel):
    """Whether the service is well."""

    status: Literal["ok", "ready", "starting", "stopping"]


class FaultOut(BaseModel):
    """One part of a request that does not fit."""

    where: str
    what: str


class ProblemOut(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: list[FaultOut] | None = None
