"""Images, arrays and labels from files; preprocessing, recorded once and carried along."""

from snnconv.choices import ChannelOrder, Interpolation, Layout
from snnconv.data.asked import check_asked, check_enough, count_of
from snnconv.data.batch import Array, Batch, DataType, ImageSet, ImageShape
from snnconv.data.geometry import DEFAULT_GEOMETRY, Geometry, Size, read_size, size_text
from snnconv.data.labels import read_classes
from snnconv.data.open import open_images
from snnconv.data.preprocessing import Preprocessing, PreprocessingManifest, advice_on_type, make_preprocessing

__all__ = [
    "DEFAULT_GEOMETRY",
    "Array",
    "Batch",
    "ChannelOrder",
    "DataType",
    "Geometry",
    "ImageSet",
    "ImageShape",
    "Interpolation",
    "Layout",
    "Preprocessing",
    "PreprocessingManifest",
    "Size",
    "advice_on_type",
    "check_asked",
    "check_enough",
    "count_of",
    "make_preprocessing",
    "open_images",
    "read_classes",
    "read_size",
    "size_text",
]
