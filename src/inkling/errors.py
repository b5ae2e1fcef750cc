"""What can go wrong, said to the person who meets it, with what to do about it.

Every error that inkling raises on purpose is an `InklingError`; the command line prints its
one sentence and ends with exit code 1. Anything else that escapes is a bug and shows a traceback.
"""


class InklingError(Exception):
    """The base of all errors that are somebody's to mend; `str(error)` is a plain sentence."""


class DataError(InklingError):
    """Data is missing, truncated, altered or not in the form that was promised."""


class FetchError(DataError):
    """No source had the file that was asked for, or none had it unaltered."""


class RecipeError(InklingError):
    """A recipe holds an unknown key, a wrong unit or an impossible value."""


class RunError(InklingError):
    """A run folder is missing, foreign, half-written, or would be overwritten."""


class ModelError(InklingError):
    """A model file cannot be used: wrong format, wrong shapes, or unsafe to load."""


class ImageError(InklingError):
    """A picture cannot be read: unknown format, damaged, too large, or missing."""


class UnknownFormatError(ImageError):
    """The bytes are not an image, or have a format that inkling does not read."""


class MissingExtraError(InklingError):
    """A command needs an optional group of packages that is not installed."""

    def __init__(self, group: str, module: str) -> None:
        """`group` is the extra's name in pyproject.toml, `module` what could not be imported."""
        super().__init__(
            f"the package '{module}' is not installed. Install it with: "
            f"pip install 'inkling[{group}]'"
        )


# The extra in pyproject.toml that installs a module.
EXTRAS = {
    "torch": "train",
    "safetensors": "train",
    "pydantic": "train",
    "tomli_w": "train",
    "platformdirs": "train",
    "sklearn": "train",
    "scipy": "train",
    "matplotlib": "train",
    "jinja2": "train",
    "onnx": "train",
    "onnxscript": "train",
    "httpx": "serve",
    "starlette": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "optuna": "tune",
    "ray": "ray",
    "pyarrow": "tables",
    "fsspec": "tables",
    "openpyxl": "tables",
}


def find_missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """The error that names the extra of a module that was not found; None for other modules."""
    module = (error.name or "").partition(".")[0]
    return MissingExtraError(EXTRAS[module], module) if module in EXTRAS else None


class ServiceError(InklingError):
    """The service cannot be started or reached, or it will not do what was asked of it."""
