"""An image after all steps before the digit network: its ink, segments, marks and crops."""

from dataclasses import dataclass

from inkling.reading.detect.segments import Segments, segment
from inkling.reading.detect.text_map import TextMap, make_text_map
from inkling.reading.preprocess.drawing import make_drawing_map
from inkling.reading.preprocess.photo import Photo
from inkling.reading.recognise.crops import Crop, cut_crops
from inkling.reading.recognise.marks import Marks, find_marks, without_marks


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """A decoded image, its text probability map, its marks, its other parts and their crops."""

    name: str
    photo: Photo
    writing: TextMap
    segments: Segments
    marks: Marks
    crops: tuple[Crop, ...]


def preprocess(photo_and_name: tuple[Photo, str], marks: bool = True) -> Preprocessed:
    """Preprocesses any decoded image by the slow path.

    Without `marks`, all ink may be a symbol: in a model of other classes, a minus may be a class.
    """
    photo, name = photo_and_name
    return cut_image(name, photo, make_text_map(photo.pixels, _zoom(photo), photo.decode), marks)


def preprocess_fast(photo_and_name: tuple[Photo, str], marks: bool = True) -> Preprocessed | None:
    """Preprocesses a drawing on a uniform background by the fast path. None for other images."""
    photo, name = photo_and_name
    writing = make_drawing_map(photo.pixels, _zoom(photo))
    return cut_image(name, photo, writing, marks) if writing else None


def cut_image(name: str, photo: Photo, writing: TextMap, marks: bool) -> Preprocessed:
    """Finds the segments, marks and crops of an image whose text probability map is known."""
    segments = segment(writing)
    found = find_marks(writing, segments) if marks else Marks()
    segments = without_marks(segments, found.sure)
    crops = tuple(cut_crops(writing, segments))
    return Preprocessed(name, photo, writing, segments, found, crops)


def _zoom(photo: Photo) -> float:
    """Decoded pixels per pixel of the image. Less than 1 if a large image was decoded smaller."""
    return photo.pixels.shape[1] / photo.width
