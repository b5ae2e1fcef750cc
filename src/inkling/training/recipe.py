"""The recipe: all settings of a training, frozen and validated.

An unknown key, a wrong type or an impossible value is a `RecipeError` that names the key, the
value and what is allowed.
"""

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from inkling.data.augment import Augment
from inkling.data.loader import count_batches
from inkling.errors import RecipeError
from inkling.models.ensemble import EnsembleSpec
from inkling.models.zoo import ModelSpec
from inkling.training.precision import PrecisionSetting, choose_precision
from inkling.training.search import Search

SEEDS = 2**31  # seeds lie within 0..SEEDS - 1
LearningRate = Annotated[float, Field(gt=0, le=100)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sgd(_Table):
    """Stochastic gradient descent, with optional momentum."""

    name: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 0.01
    momentum: Fraction = 0.0
    nesterov: bool = False
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.0

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> "Sgd":
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0")
        return self


class Adam(_Table):
    """Adam (Kingma and Ba, 2015); `adamw` decouples the weight decay (Loshchilov, Hutter, 2019)."""

    name: Literal["adam", "adamw"] = "adam"
    learning_rate: LearningRate = 1e-3
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    epsilon: Annotated[float, Field(gt=0, le=1)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.0


Optimizer = Annotated[Sgd | Adam, Field(discriminator="name")]


class Constant(_Table):
    """A constant learning rate."""

    name: Literal["constant"] = "constant"


class Step(_Table):
    """Multiplies the learning rate by `gamma` after every `every_epochs` epochs."""

    name: Literal["step"] = "step"
    every_epochs: Annotated[int, Field(ge=1)] = 7
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1


class Cosine(_Table):
    """A linear warm-up, then half a cosine down to `final` of the learning rate."""

    name: Literal["cosine"] = "cosine"
    warmup: Annotated[Fraction, Field(description="fraction of all steps")] = 0.0
    final: Annotated[float, Field(ge=0, le=1)] = 0.0


class OneCycle(_Table):
    """Increases linearly during `warmup`, then decreases linearly to `final` (Smith, 2018)."""

    name: Literal["one-cycle"] = "one-cycle"
    warmup: Annotated[Fraction, Field(description="fraction of all steps")] = 0.25
    start: Annotated[float, Field(ge=0, le=1)] = 0.1
    final: Annotated[float, Field(ge=0, le=1)] = 0.0


Schedule = Annotated[Constant | Step | Cosine | OneCycle, Field(discriminator="name")]


class Training(_Table):
    """Length, batches, validation, precision and selection of the weights."""

    epochs: Annotated[float, Field(gt=0, le=10_000, description="0.5 is half an epoch")] = 5
    batch_size: Annotated[int, Field(ge=1, le=65_536, description="images a step")] = 64
    validation: Annotated[int, Field(ge=0, description="images held out for validation")] = 5_000
    label_smoothing: Fraction = 0.0
    precision: Annotated[
        PrecisionSetting, Field(description="auto: bf16 if the processor supports it")
    ] = "fp32"
    ema: Annotated[
        Fraction, Field(description="decay per step of the averaged weights; 0 is off")
    ] = 0.0
    keep: Annotated[Literal["best", "last"], Field(description="epoch, by validation")] = "best"
    threads: Annotated[int, Field(ge=0, le=1024, description="CPU threads; 0: all free cores")] = 0
    gpus: Annotated[
        float | None, Field(gt=0, le=8, description="GPUs of a run on a cluster; may be a fraction")
    ] = None
    patience: Annotated[int, Field(ge=0, description="epochs without gain; 0: no stop")] = 0
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] = 0

    @model_validator(mode="after")
    def _choices_need_validation(self) -> "Training":
        if self.validation == 0 and self.patience:
            raise ValueError("patience needs validation images; validation is 0")
        if self.keep == "last" and self.patience:
            raise ValueError('patience needs keep = "best"')
        return self


class Expectation(_Table):
    """The expected result on the test set, as measured by `inkling repeat`."""

    accuracy: Annotated[float, Field(gt=0, le=1)]
    sd: Annotated[float, Field(ge=0, le=1)] = 0.0
    n: Annotated[int, Field(ge=1, description="seeds")] = 1
    claim: Annotated[float, Field(ge=0, le=1, description="of the original project")] = 0.0


class Recipe(_Table):
    """All settings of a training. `data` is a name or a path as for `inkling data`."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
    title: str = ""
    data: str = "auto"
    model: ModelSpec
    training: Training = Training()
    optimizer: Optimizer = Adam()
    schedule: Schedule = Constant()
    augment: Augment = Augment.model_validate({})
    expect: Expectation | None = None
    search: Search = Field({}, description="the settings that inkling tune changes")

    @model_validator(mode="after")
    def _batch_norm_has_batches(self) -> "Recipe":
        spec = self.model.member if isinstance(self.model, EnsembleSpec) else self.model
        if self.training.batch_size == 1 and getattr(spec, "batch_norm", False):
            raise ValueError("batch_norm = true needs training.batch_size above 1")
        return self

    def with_seed(self, seed: int) -> "Recipe":
        """The recipe with another seed. Raises `RecipeError` for an invalid seed."""
        if not 0 <= seed < SEEDS:
            raise RecipeError(f"seed = {seed}: it must be within 0..{SEEDS - 1}")
        training = self.training.model_copy(update={"seed": seed})
        return self.model_copy(update={"training": training})

    def with_precision(self, device: torch.device) -> "Recipe":
        """The recipe with `precision = "auto"` resolved for `device`."""
        precision = choose_precision(self.training.precision, device)
        training = self.training.model_copy(update={"precision": precision})
        return self.model_copy(update={"training": training})

    def steps_per_epoch(self, images: int) -> int:
        """The steps of one epoch with `images` images. The last batch may be small."""
        return count_batches(images, self.training.batch_size)

    def total_steps(self, images: int) -> int:
        """The steps of the whole training, at least one."""
        return max(1, round(self.training.epochs * self.steps_per_epoch(images)))
