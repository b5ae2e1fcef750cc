"""Free fonts: where they are stored, how they are installed, and their letters as shapes.

Fonts are not part of the package. `python -m inkling.synthesis.fonts` installs those listed here
into the user's cache, through npm and apt. The renderer uses all fonts it finds there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.errors import DataError

# All under the SIL Open Font License, as npm packages `@fontsource/<name>`.
NPM_FONTS = (
    "architects-daughter", "caveat", "caveat-brush", "cedarville-cursive", "comic-neue",
    "coming-soon", "covered-by-your-grace", "crafty-girls", "dekko", "gaegu", "give-you-glory",
    "gloria-hallelujah", "handlee", "homemade-apple", "indie-flower", "itim",
    "just-me-again-down-here", "kalam", "la-belle-aurore", "loved-by-the-king", "mali",
    "nanum-pen-script", "nothing-you-could-do", "over-the-rainbow", "patrick-hand",
    "permanent-marker", "playwrite-de-grund", "playwrite-es", "playwrite-fr-moderne",
    "playwrite-it-moderna", "playwrite-pl", "reenie-beanie", "rock-salt", "schoolbell",
    "shadows-into-light", "short-stack", "sriracha", "sue-ellen-francisco", "sunshiney",
    "the-girl-next-door", "waiting-for-the-sunrise", "zeyada", "roboto-slab", "lobster",
    "pacifico", "abril-fatface", "oswald", "press-start-2p", "special-elite", "mynerve",
    "libre-franklin", "archivo-narrow", "roboto-condensed", "arimo", "tinos", "pt-serif",
    "pt-sans-narrow", "barlow-condensed", "fjalla-one", "bebas-neue", "merriweather", "work-sans",
    "lato", "anton", "alfa-slab-one", "libre-baskerville", "ubuntu-condensed",
)  # fmt: skip
# Debian packages, free by Debian's own guidelines.
APT_FONTS = (
    "fonts-breip", "fonts-bwht", "fonts-dkg-handwriting", "fonts-ecolier-court",
    "fonts-femkeklaver", "fonts-humor-sans", "fonts-kristi", "fonts-rufscript",
    "fonts-dancingscript", "fonts-gfs-neohellenic", "fonts-gfs-didot", "fonts-dejavu-core",
    "fonts-dejavu-extra", "fonts-freefont-ttf",
)  # fmt: skip
# Print rather than handwriting: letters serve as negatives, digits are used less often.
PRINT_FONTS = (
    "roboto", "lobster", "pacifico", "abril", "oswald", "pressstart", "press-start",
    "special-elite", "dejavu", "free", "gfs", "stix", "cm", "libre-", "archivo", "arimo", "tinos",
    "pt-", "barlow", "fjalla", "bebas", "merriweather", "work-sans", "lato", "anton", "alfa",
    "ubuntu",
)  # fmt: skip
_SUBSETS = ("-latin-400-normal", "-latin-700-normal", "-greek-400-normal")


@dataclass(frozen=True)
class Face:
    """A font file that can draw; `handwritten` where it imitates handwriting."""

    path: Path
    handwritten: bool


def font_folder() -> Path:
    """The folder of the fonts: `$INKLING_FONTS`, else `inkling/fonts` in the user's cache."""
    named = os.environ.get("INKLING_FONTS")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "inkling" / "fonts"


@lru_cache(maxsize=4)
def find_faces(folder: Path | None = None) -> tuple[Face, ...]:
    """The installed fonts, sorted by name. Raises `DataError` if there are none."""
    root = folder or font_folder()
    files = sorted(p for p in root.rglob("*") if p.suffix in {".ttf", ".otf", ".woff"})
    if not files:
        raise DataError(
            f"no font in {root}: run python -m inkling.synthesis.fonts, "
            "or name another folder in INKLING_FONTS"
        )
    return tuple(Face(p, not any(p.name.lower().startswith(w) for w in PRINT_FONTS)) for p in files)


def fonts_sha256(faces: tuple[Face, ...]) -> str:
    """One hash over the names and bytes of the fonts, for the manifest."""
    digest = hashlib.sha256()
    for face in faces:
        digest.update(face.path.name.encode())
        digest.update(hashlib.sha256(face.path.read_bytes()).digest())
    return digest.hexdigest()


@lru_cache(maxsize=4096)
def draw_letter(face: Face, letter: str, height: int) -> NDArray[np.uint8] | None:
    """A letter's coverage (h, w) uint8, cut to its ink; `height` is the font's size in pixels.

    None if the font lacks the letter: its image is empty or that of the missing glyph.
    """
    try:
        font = ImageFont.truetype(str(face.path), height)
        sheet, missing = _draw(font, letter, height), _draw(font, "\U000f1234", height)
    except (OSError, ValueError):
        return None
    if np.array_equal(sheet, missing):
        return None
    inked = np.argwhere(sheet)
    if len(inked) < 4:
        return None
    (top, left), (bottom, right) = inked.min(0), inked.max(0) + 1
    return sheet[top:bottom, left:right]


def _draw(font: ImageFont.FreeTypeFont, letter: str, height: int) -> NDArray[np.uint8]:
    """A letter on a sheet (3 * height, 3 * height), its coverage as uint8."""
    sheet = Image.new("L", (3 * height, 3 * height))
    ImageDraw.Draw(sheet).text((height, height // 2), letter, fill=255, font=font)
    return np.asarray(sheet, dtype=np.uint8)


def _install_npm(name: str, folder: Path) -> int:
    """Fetch one package by its name and keep its plain faces; the number kept."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", "--silent", f"@fontsource/{name}"]
        subprocess.run(command, cwd=scratch, check=True, capture_output=True)
        kept = 0
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            for member in archive.getmembers():
                plain = Path(member.name)
                if plain.suffix != ".woff" or not plain.stem.endswith(_SUBSETS):
                    continue
                source = archive.extractfile(member)
                if source is not None:
                    (folder / plain.name).write_bytes(source.read())
                    kept += 1
    return kept


def _install_apt(name: str, folder: Path) -> int:
    """Unpack one Debian package, without installing it, and keep its fonts; the number kept."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", name], cwd=scratch, check=True, capture_output=True)
        package = next(Path(scratch).glob("*.deb"))
        subprocess.run(["dpkg", "-x", str(package), scratch], check=True, capture_output=True)
        files = [p for p in Path(scratch).rglob("*") if p.suffix in {".ttf", ".otf"}]
        for file in files:
            shutil.copy(file, folder / file.name)
        return len(files)


def install(folder: Path) -> None:
    """Install every font listed here into `folder`; report and skip those that fail."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [(_install_npm, n) for n in NPM_FONTS] + [(_install_apt, n) for n in APT_FONTS]
    for fetch, name in sources:
        try:
            print(f"{name}: {fetch(name, folder)} faces", file=sys.stderr)
        except (subprocess.CalledProcessError, FileNotFoundError, StopIteration) as error:
            print(f"{name}: skipped ({error})", file=sys.stderr)


if __name__ == "__main__":
    install(font_folder())
