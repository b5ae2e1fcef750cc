"""The list of all data formats. A new format is a module with `find` and a line here."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from inkling.data.formats import idx, images, matlab, numpy_files, parquet, table
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import Tree
from inkling.errors import DataError

NOTED = 5  # greatest number of file kinds in an error


@dataclass(frozen=True)
class DataFormat:
    """A data format. `find` returns the dataset in a tree, or None."""

    name: str
    find: Callable[[Tree, Options], FoundData | None]


# Image files come before CSV: a table beside images lists their labels.
FORMATS = (
    DataFormat("IDX files", idx.find),
    DataFormat("NumPy arrays (.npz, .npy)", numpy_files.find),
    DataFormat("MATLAB arrays (.mat)", matlab.find),
    DataFormat("Parquet", parquet.find),
    DataFormat("image files", images.find),
    DataFormat("CSV", table.find),
)


def find_data(tree: Tree, options: Options) -> FoundData:
    """Finds the dataset in `tree`. Raises `DataError` with its contents, or with a question."""
    for each in FORMATS:
        found = each.find(tree, options)
        if found is not None:
            return _alone(found)
    known = "; ".join(each.name for each in FORMATS)
    raise DataError(f"{tree.name} contains {_contents(tree)}. inkling reads these formats: {known}")


def _alone(found: FoundData) -> FoundData:
    """Uses a single part with labels as all data, even if it is called `test.csv`."""
    labelled = [part for part in found.parts if part.labelled]
    parts = labelled if labelled else list(found.parts)
    if len(parts) != 1 or parts[0].role == "all":
        return found
    others = tuple(part for part in found.parts if part is not parts[0])
    return replace(found, parts=(replace(parts[0], role="all"), *others))


def _contents(tree: Tree) -> str:
    """A short description of the files."""
    if not tree.files:
        return "no files"
    suffixes = [file.suffix or "no suffix" for file in tree.files]
    counts = sorted(((suffixes.count(each), each) for each in set(suffixes)), reverse=True)
    named = ", ".join(f"{count:,} with {each}" for count, each in counts[:NOTED])
    return f"{len(tree.files):,} files ({named})"
