"""The published data sets in IDX format: names, hashes and mirrors of their files."""

import os
from dataclasses import dataclass
from typing import Literal

MIRRORS_VARIABLE = "INKLING_MIRRORS"  # base addresses to use instead, separated by spaces


@dataclass(frozen=True)
class PublishedFile:
    """One file of a data set. `sha256` is that of its uncompressed bytes or of the gzip file."""

    name: str
    raw_bytes: int
    sha256: str
    hashed: Literal["raw", "gzip"] = "raw"


@dataclass(frozen=True)
class PublishedSet:
    """A data set of four IDX files. The name of a file is appended to the address of a mirror."""

    name: str
    train_images: PublishedFile
    train_labels: PublishedFile
    test_images: PublishedFile
    test_labels: PublishedFile
    mirrors: tuple[str, ...]
    classes: tuple[str, ...]

    def sources(self) -> tuple[str, ...]:
        """The mirrors in order: those of `$INKLING_MIRRORS`, or the public ones."""
        own = os.environ.get(MIRRORS_VARIABLE, "").split()
        return tuple(f"{base.rstrip('/')}/{self.name}/" for base in own) or self.mirrors


def _images(prefix: str, count: int, sha256: str, hashed: Literal["raw", "gzip"]) -> PublishedFile:
    return PublishedFile(f"{prefix}-images-idx3-ubyte", 16 + 784 * count, sha256, hashed)


def _labels(prefix: str, count: int, sha256: str, hashed: Literal["raw", "gzip"]) -> PublishedFile:
    return PublishedFile(f"{prefix}-labels-idx1-ubyte", 8 + count, sha256, hashed)


MNIST = PublishedSet(
    name="mnist",
    train_images=_images(
        "train", 60_000, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", "raw"
    ),
    train_labels=_labels(
        "train", 60_000, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", "raw"
    ),
    test_images=_images(
        "t10k", 10_000, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", "raw"
    ),
    test_labels=_labels(
        "t10k", 10_000, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", "raw"
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://azureopendatastorage.blob.core.windows.net/mnist/",
    ),
    classes=tuple("0123456789"),
)

# For this data set, only the hashes of the gzip files are published.
FASHION_MNIST = PublishedSet(
    name="fashion-mnist",
    train_images=_images(
        "train", 60_000, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", "gzip"
    ),
    train_labels=_labels(
        "train", 60_000, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", "gzip"
    ),
    test_images=_images(
        "t10k", 10_000, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", "gzip"
    ),
    test_labels=_labels(
        "t10k", 10_000, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", "gzip"
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    classes=(
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "boot",
    ),
)

PUBLISHED = {published.name: published for published in (MNIST, FASHION_MNIST)}
