"""An image after all steps before the digit network: its ink, segments and crops."""

from dataclasses import dataclass

from inkling.reading.detect.segments import Segments, segment
from inkling.reading.detect.text_map import TextMap, make_text_map
from inkling.reading.preprocess.drawing import make_drawing_map
from inkling.reading.preprocess.photo import Photo
from inkling.reading.recognise.crops import Crop, cut_crops


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """A decoded image, its text probability map, its segments, and one crop per segment."""

    name: str
    photo: Photo
    writing: TextMap
    segments: Segments
    crops: tuple[Crop, ...]


def preprocess(photo_and_name: tuple[Photo, str]) -> Preprocessed:
    """Preprocesses any decoded image by the slow path."""
    photo, name = photo_and_name
    return _find_crops(photo, name, make_text_map(photo.pixels, _zoom(photo)))


def preprocess_fast(photo_and_name: tuple[Photo, str]) -> Preprocessed | None:
    """Preprocesses a drawing on a uniform background by the fast path. None for other images."""
    photo, name = photo_and_name
    writing = make_drawing_map(photo.pixels, _zoom(photo))
    return _find_crops(photo, name, writing) if writing else None


def _find_crops(photo: Photo, name: str, writing: TextMap) -> Preprocessed:
    segments = segment(writing)
    return Preprocessed(name, photo, writing, segments, tuple(cut_crops(writing, segments)))


def _zoom(photo: Photo) -> float:
    """Decoded pixels per pixel of the image. Less than 1 if a large image was decoded smaller."""
    return photo.pixels.shape[1] / photo.width
