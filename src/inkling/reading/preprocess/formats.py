"""Image file formats: which ones inkling reads, how to recognise and open them, and advice."""

import io
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from inkling.errors import ImageError, UnknownFormatError
from inkling.files import is_hidden

# find_spec does not import the modules. Importing AVIF's takes some milliseconds.
HAS_HEIF = find_spec("pillow_heif") is not None
HAS_AVIF = find_spec("PIL._avif") is not None
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", *(("AVIF",) if HAS_AVIF else ()))
KNOWN = ", ".join((*FORMATS, *(("HEIC",) if HAS_HEIF else ())))  # for messages
HEIF_SUFFIXES = (".heic", ".heif", ".hif")
SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff")
    + ((".avif",) if HAS_AVIF else ())
    + (HEIF_SUFFIXES if HAS_HEIF else ())
)
# Formats that are not read: their name in messages, and what the user can do.
ADVICE = {
    "HEIC": "install inkling[heif] to read them",
    "AVIF": "update Pillow to read them",
    "PDF": "save their pages as PNG",
    "SVG": "save them as PNG",
    "camera raw": "save them as JPEG",
    "Photoshop": "save them as PNG",
    "PostScript": "save them as PNG",
    "JPEG 2000": "save them as PNG",
    "JPEG XL": "save them as PNG",
    "icon": "save them as PNG",
}
RAW = (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf")
UNREAD = {
    **dict.fromkeys(HEIF_SUFFIXES, "HEIC"),
    ".avif": "AVIF",
    ".pdf": "PDF",
    **dict.fromkeys((".svg", ".svgz"), "SVG"),
    **dict.fromkeys(RAW, "camera raw"),
    **dict.fromkeys((".psd", ".psb"), "Photoshop"),
    **dict.fromkeys((".eps", ".ps", ".ai"), "PostScript"),
    **dict.fromkeys((".jp2", ".j2k", ".jpf"), "JPEG 2000"),
    ".jxl": "JPEG XL",
    ".ico": "icon",
}
MAX_CODED = 30_000_000  # pixels of a HEIF image; those of the view and of the coder's blocks
# ISO 14496-12: the brand of a `ftyp` box, at bytes 8 to 12 of the file.
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")


@dataclass(frozen=True)
class FolderFiles:
    """The image files under a folder, sorted, and the number of files in each unread format."""

    images: tuple[Path, ...]
    skipped: dict[str, int]


def scan_folder(folder: Path) -> FolderFiles:
    """Finds the image files in a folder and its subfolders. Ignores hidden files and `__MACOSX`."""
    images: list[Path] = []
    skipped: Counter[str] = Counter()
    for path in folder.rglob("*"):
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES and suffix not in UNREAD:
            continue
        if is_hidden(path, folder) or not path.is_file():
            continue
        if suffix in SUFFIXES:
            images.append(path)
        else:
            skipped[UNREAD[suffix]] += 1
    return FolderFiles(tuple(sorted(images)), dict(skipped))


def images_under(folder: Path) -> list[Path]:
    """The image files in a folder and its subfolders, sorted."""
    return list(scan_folder(folder).images)


def skipped_sentence(kind: str, count: int, place: str) -> str:
    """The message about skipped files of one format, with advice."""
    files = f"{count:,} {kind} file" + ("" if count == 1 else "s")
    return f"skipped {files} in {place}: {ADVICE[kind]}"


def open_image(data: bytes, name: str) -> Image.Image:
    """Opens an encoded image without decoding its pixels.

    Raises `ImageError` for formats that are not read, and Pillow's exceptions for damaged files.
    """
    kind = unread_kind(data)
    if kind == "HEIC" and HAS_HEIF:
        return _open_heif(data)
    if kind == "AVIF" and HAS_AVIF:
        return _open_avif(data, name)
    if kind:
        raise UnknownFormatError(f"{name} is a {kind} file: {ADVICE[kind]}")
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _open_avif(data: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=("AVIF",))
    except Image.UnidentifiedImageError as error:
        raise ImageError(f"{name} is an AVIF file that is damaged or cut short") from error


def _open_heif(data: bytes) -> Image.Image:
    """The main image of a HEIF file, upright. Does not register HEIF with Pillow."""
    from pillow_heif import HeifImageFile

    if _coded_pixels(data) > MAX_CODED:
        raise Image.DecompressionBombError("its coded images are far larger than its view")
    return HeifImageFile(io.BytesIO(data))


def _coded_pixels(data: bytes) -> int:
    """The pixels of the largest image that a HEIF file declares, before its crop.

    Pillow's size is that of the view (`clap`), which may be a corner of the image that is decoded.
    Each `ispe` box in the `meta` box has a version, a width and a height (ISO 23008-12, 6.5.3).
    """
    at, largest = 0, 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        end = at + length if length >= 8 else len(data)
        if data[at + 4 : at + 8] == b"meta":
            place = data.find(b"ispe", at, end)
            while place >= 0:
                size = data[place + 8 : place + 16]
                largest = max(largest, int.from_bytes(size[:4]) * int.from_bytes(size[4:]))
                place = data.find(b"ispe", place + 4, end)
        at = end
    return largest


def unread_kind(data: bytes) -> str | None:
    """The format of a file that Pillow alone does not read, by its first bytes. Else None."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        compatible = data[16:64]
        if brand in AVIF_BRANDS or (brand in (b"mif1", b"msf1") and b"avif" in compatible):
            return "AVIF"
        return "HEIC" if brand in HEIF_BRANDS else None
    if b"%PDF-" in data[:1024]:
        return "PDF"
    for signature, kind in SIGNATURES.items():
        if data.startswith(signature):
            return kind
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "SVG" if head.startswith((b"<svg", b"<?xml")) and b"<svg" in head else None


SIGNATURES = {
    b"8BPS": "Photoshop",
    b"%!PS": "PostScript",
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x01\x00": "icon",
}
