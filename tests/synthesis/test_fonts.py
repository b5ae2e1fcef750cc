from pathlib import Path

import numpy as np
import pytest

from inkling.errors import DataError
from inkling.synthesis.fonts import Face, draw_letter, find_faces, font_folder, fonts_sha256
from inkling.synthesis.glyphs import trace_letter


def test_letters_are_drawn_and_cut_to_their_ink(faces: tuple[Face, ...]) -> None:
    drawn = draw_letter(faces[0], "H", 72)
    assert drawn is not None
    assert 40 < drawn.shape[0] < 80
    assert drawn.any(0)[[0, -1]].all()
    assert drawn.any(1)[[0, -1]].all()


def test_a_letter_that_a_font_lacks_is_none(faces: tuple[Face, ...]) -> None:
    assert draw_letter(faces[0], "\u4e00", 72) is None
    assert trace_letter(faces[0], "\u4e00", 10) is None


def test_no_font_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"inkling\.synthesis\.fonts"):
        find_faces(tmp_path / "nothing")


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INKLING_FONTS", str(tmp_path))
    assert font_folder() == tmp_path
    monkeypatch.delenv("INKLING_FONTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert font_folder() == tmp_path / "cache" / "inkling" / "fonts"


def test_the_hash_tells_sets_of_fonts_apart(faces: tuple[Face, ...]) -> None:
    assert fonts_sha256(faces) == fonts_sha256(faces)
    assert fonts_sha256(faces) != fonts_sha256(faces[1:])


def test_type_of_the_press_is_no_hand(faces: tuple[Face, ...]) -> None:
    assert not any(face.handwritten for face in faces if "DejaVu" in face.path.name)


def test_traced_letters_keep_the_label(faces: tuple[Face, ...]) -> None:
    glyph = trace_letter(faces[0], "7", 7)
    assert glyph is not None
    assert glyph.label == 7
    assert np.isfinite(glyph.spine).all()
