"""The errors that inkling raises. Each message says what happened and what to do.

Every error that inkling raises on purpose is an `InklingError`. The command line prints its message
and exits with code 1. Any other exception is a bug and shows a traceback.
"""


class InklingError(Exception):
    """The base class of all errors. `str(error)` is the message."""


class DataError(InklingError):
    """Data is missing, truncated or altered, or does not have the expected form."""


class FetchError(DataError):
    """A file could not be downloaded from any source, or its hash was wrong."""


class RecipeError(InklingError):
    """A recipe has an unknown key, a wrong unit or an impossible value."""


class RunError(InklingError):
    """A run folder is missing, incomplete or altered, or would be overwritten."""


class ModelError(InklingError):
    """A model file cannot be used: it has a wrong format or shape, or is unsafe to load."""


class ImageError(InklingError):
    """An image cannot be read: it is missing, damaged or too large, or has an unknown format."""


class UnknownFormatError(ImageError):
    """The bytes are not an image, or have a format that inkling does not read."""


class MissingExtraError(InklingError):
    """A command needs an optional group of packages that is not installed."""

    def __init__(self, group: str, module: str) -> None:
        """Names the extra in pyproject.toml and the module that could not be imported."""
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
    "markupsafe": "train",
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
    """The error that names the extra of a missing module, or None for other modules."""
    module = (error.name or "").partition(".")[0]
    return MissingExtraError(EXTRAS[module], module) if module in EXTRAS else None


class ServiceError(InklingError):
    """The service cannot be started or reached, or it rejects the request."""
