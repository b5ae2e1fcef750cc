"""A picture on its way: everything that is known of it before the network is asked."""

from dataclasses import dataclass

from inkling.reading.detect.segments import Segments, segment
from inkling.reading.detect.text_map import TextMap, make_text_map
from inkling.reading.preprocess.drawing import make_drawing_map
from inkling.reading.preprocess.photo import Photo
from inkling.reading.recognise.crops import Crop, cut_crops


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """The photo, its ink, the parts of it, and a crop of each part."""

    name: str
    photo: Photo
    writing: TextMap
    segments: Segments
    crops: tuple[Crop, ...]


def preprocess(photo_and_name: tuple[Photo, str]) -> Preprocessed:
    """Everything before the network for one decoded picture."""
    photo, name = photo_and_name
    return _look(photo, name, make_text_map(photo.pixels, _zoom(photo)))


def preprocess_fast(photo_and_name: tuple[Photo, str]) -> Preprocessed | None:
    """The same for a drawing on a flat ground, by the short way; None for any other picture."""
    photo, name = photo_and_name
    writing = make_drawing_map(photo.pixels, _zoom(photo))
    return _look(photo, name, writing) if writing else None


def _look(photo: Photo, name: str, writing: TextMap) -> Preprocessed:
    segments = segment(writing)
    return Preprocessed(name, photo, writing, segments, tuple(cut_crops(writing, segments)))


def _zoom(photo: Photo) -> float:
    """Pixels as decoded for one pixel of the picture: decoders leave some of a large one out."""
    return photo.pixels.shape[1] / photo.width
