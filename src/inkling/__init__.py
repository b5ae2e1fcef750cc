"""inkling: train models for handwritten digits, and read digits in photos.

Names are imported when they are first used, so that `import inkling` is fast and reading needs no
torch.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.client import Client as Client
    from inkling.errors import DataError as DataError
    from inkling.errors import FetchError as FetchError
    from inkling.errors import ImageError as ImageError
    from inkling.errors import InklingError as InklingError
    from inkling.errors import MissingExtraError as MissingExtraError
    from inkling.errors import ModelError as ModelError
    from inkling.errors import RecipeError as RecipeError
    from inkling.errors import RunError as RunError
    from inkling.errors import ServiceError as ServiceError
    from inkling.evaluation.classifier import TorchClassifier as TorchClassifier
    from inkling.evaluation.classifier import load_classifier as load
    from inkling.evaluation.figures import show5 as show5
    from inkling.jobs.audit import audit as audit
    from inkling.jobs.estimator import DigitClassifier as DigitClassifier
    from inkling.jobs.evaluate import evaluate as evaluate
    from inkling.jobs.export import export as export
    from inkling.jobs.finetune import finetune as finetune
    from inkling.jobs.predict import predict as predict
    from inkling.jobs.repeat import repeat as repeat
    from inkling.jobs.report import make_report as make_report
    from inkling.jobs.train import resume as resume
    from inkling.jobs.train import train as train
    from inkling.jobs.tune import tune as tune
    from inkling.reading.decisions import Decisions as Decisions
    from inkling.reading.pipeline import Reader as Reader
    from inkling.reading.pipeline import read as read
    from inkling.reading.tables.read_tables import read_tables as read_tables
    from inkling.reading.tables.table_types import Table as Table
    from inkling.training.recipe_text import list_recipes as list_recipes
    from inkling.types import Box as Box
    from inkling.types import Prediction as Prediction
    from inkling.types import Reading as Reading

# The module of each public name, and its name there.
_HOMES = {
    "Box": ("inkling.types", "Box"),
    "Client": ("inkling.client", "Client"),
    "Decisions": ("inkling.reading.decisions", "Decisions"),
    "DataError": ("inkling.errors", "DataError"),
    "DigitClassifier": ("inkling.jobs.estimator", "DigitClassifier"),
    "FetchError": ("inkling.errors", "FetchError"),
    "ImageError": ("inkling.errors", "ImageError"),
    "InklingError": ("inkling.errors", "InklingError"),
    "MissingExtraError": ("inkling.errors", "MissingExtraError"),
    "ModelError": ("inkling.errors", "ModelError"),
    "Prediction": ("inkling.types", "Prediction"),
    "Reader": ("inkling.reading.pipeline", "Reader"),
    "Reading": ("inkling.types", "Reading"),
    "RecipeError": ("inkling.errors", "RecipeError"),
    "RunError": ("inkling.errors", "RunError"),
    "ServiceError": ("inkling.errors", "ServiceError"),
    "Table": ("inkling.reading.tables.table_types", "Table"),
    "TorchClassifier": ("inkling.evaluation.classifier", "TorchClassifier"),
    "audit": ("inkling.jobs.audit", "audit"),
    "evaluate": ("inkling.jobs.evaluate", "evaluate"),
    "export": ("inkling.jobs.export", "export"),
    "finetune": ("inkling.jobs.finetune", "finetune"),
    "list_recipes": ("inkling.training.recipe_text", "list_recipes"),
    "load": ("inkling.evaluation.classifier", "load_classifier"),
    "make_report": ("inkling.jobs.report", "make_report"),
    "predict": ("inkling.jobs.predict", "predict"),
    "read": ("inkling.reading.pipeline", "read"),
    "read_tables": ("inkling.reading.tables.read_tables", "read_tables"),
    "repeat": ("inkling.jobs.repeat", "repeat"),
    "resume": ("inkling.jobs.train", "resume"),
    "show5": ("inkling.evaluation.figures", "show5"),
    "train": ("inkling.jobs.train", "train"),
    "tune": ("inkling.jobs.tune", "tune"),
}

__all__ = [
    "Box",
    "Client",
    "DataError",
    "Decisions",
    "DigitClassifier",
    "FetchError",
    "ImageError",
    "InklingError",
    "MissingExtraError",
    "ModelError",
    "Prediction",
    "Reader",
    "Reading",
    "RecipeError",
    "RunError",
    "ServiceError",
    "Table",
    "TorchClassifier",
    "audit",
    "evaluate",
    "export",
    "finetune",
    "list_recipes",
    "load",
    "make_report",
    "predict",
    "read",
    "read_tables",
    "repeat",
    "resume",
    "show5",
    "train",
    "tune",
]


def _version() -> str:
    try:
        return version("inkling")
    except PackageNotFoundError:  # a checkout that is on the path without being installed
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _HOMES:
        module, attribute = _HOMES[name]
        try:
            return getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            from inkling.errors import find_missing_extra

            raise find_missing_extra(error) or error from error
    raise AttributeError(f"module 'inkling' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
