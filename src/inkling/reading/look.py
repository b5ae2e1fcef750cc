"""A picture on its way: everything that is known of it before the network is asked."""

from dataclasses import dataclass

from inkling.reading.crops import Crop, cut_crops
from inkling.reading.flat import see_flat
from inkling.reading.photo import Photo
from inkling.reading.segment import Segments, segment
from inkling.reading.writing import Writing, see_writing


@dataclass(frozen=True, eq=False)
class Look:
    """The photo, its ink, the parts of it, and a crop of each part."""

    name: str
    photo: Photo
    writing: Writing
    segments: Segments
    crops: tuple[Crop, ...]


def look_at(photo_and_name: tuple[Photo, str]) -> Look:
    """Everything before the network for one decoded picture."""
    photo, name = photo_and_name
    return _look(photo, name, see_writing(photo.pixels, _zoom(photo)))


def glance_at(photo_and_name: tuple[Photo, str]) -> Look | None:
    """The same for a drawing on a flat ground, by the short way; None for any other picture."""
    photo, name = photo_and_name
    writing = see_flat(photo.pixels, _zoom(photo))
    return _look(photo, name, writing) if writing else None


def _look(photo: Photo, name: str, writing: Writing) -> Look:
    segments = segment(writing)
    return Look(name, photo, writing, segments, tuple(cut_crops(writing, segments)))


def _zoom(photo: Photo) -> float:
    """Pixels as decoded for one pixel of the picture: decoders leave some of a large one out."""
    return photo.pixels.shape[1] / photo.width
