"""Every data format. A new one is a module with a `find`, and its line here."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from inkling.data.formats import idx, images, matlab, numpy_files, parquet, table
from inkling.data.options import Options
from inkling.data.raw import Found
from inkling.data.tree import Tree
from inkling.errors import DataError

NOTED = 5  # kinds of files named in an error


@dataclass(frozen=True)
class Format:
    """`find` gives the dataset that it recognises in a tree, or None where it has no such file."""

    name: str
    find: Callable[[Tree, Options], Found | None]


# Image files come before CSV: a table beside images lists their labels.
FORMATS = (
    Format("IDX files", idx.find),
    Format("NumPy arrays (.npz, .npy)", numpy_files.find),
    Format("MATLAB arrays (.mat)", matlab.find),
    Format("Parquet", parquet.find),
    Format("image files", images.find),
    Format("CSV", table.find),
)


def find_data(tree: Tree, options: Options) -> Found:
    """The dataset in `tree`. Raises `DataError` that says what is there instead, or that asks."""
    for each in FORMATS:
        found = each.find(tree, options)
        if found is not None:
            return _alone(found)
    known = "; ".join(each.name for each in FORMATS)
    raise DataError(
        f"{tree.name} contains {_contents(tree)}. The forms that inkling reads: {known}"
    )


def _alone(found: Found) -> Found:
    """A single part with labels is all there is, also where it is called `test.csv`."""
    labelled = [part for part in found.parts if part.labelled]
    parts = labelled if labelled else list(found.parts)
    if len(parts) != 1 or parts[0].role == "all":
        return found
    others = tuple(part for part in found.parts if part is not parts[0])
    return replace(found, parts=(replace(parts[0], role="all"), *others))


def _contents(tree: Tree) -> str:
    """What is there, in a few words."""
    if not tree.files:
        return "no files"
    suffixes = [file.suffix or "no suffix" for file in tree.files]
    counts = sorted(((suffixes.count(each), each) for each in set(suffixes)), reverse=True)
    named = ", ".join(f"{count:,} with {each}" for count, each in counts[:NOTED])
    return f"{len(tree.files):,} files ({named})"
