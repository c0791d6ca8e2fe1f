"""Pictures: read with one decoder only, and written anew.

A picture is stored as a fresh encoding of its pixels. Place, time and device (EXIF, XMP, IPTC), hidden
thumbnails, comments and whatever was appended don't survive that.
"""

import tempfile
import warnings
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from scip.vault.errors import Refused
from scip.vault.sealing import Readable

MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
_SPOOL_BYTES = 4 * 1024 * 1024
_MODES = {
    "JPEG": frozenset({"L", "RGB"}),
    "PNG": frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}),
    "WEBP": frozenset({"RGB", "RGBA"}),
}
# Pillow reports a picture that it can't decode with any of these, depending on the format.
_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
)


def _unreadable() -> Refused:
    return Refused(
        "damaged",
        _(
            "We couldn’t read this picture from beginning to end, so we left it out. Nothing else changed. "
            "Open it on your device, save it again as JPEG or PNG, and choose that one."
        ),
    )


def _too_large() -> Refused:
    return Refused(
        "pixels",
        _(
            "This picture is larger than 50 megapixels, so we left it out. Nothing else changed. "
            "Save it smaller, or take a new photo of the page, and choose that one."
        ),
    )


def clean_image(source: IO[bytes] | Readable, image_format: str) -> IO[bytes]:
    """Decode ``source`` as ``image_format`` ("JPEG", "PNG" or "WEBP") and return its pixels encoded anew.

    Raises Refused when it can't be read, moves, or is larger than 50 megapixels, which is checked
    before any pixel is decoded. The caller closes what is returned.
    """
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=[image_format]) as picture:  # type: ignore[arg-type]
                _check_extent(picture)
                # WeasyPrint switches this on for the whole process; half a document is no evidence.
                ImageFile.LOAD_TRUNCATED_IMAGES = False
                picture.load()
                return _encode(picture, image_format)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except MemoryError as error:
        raise _unreadable() from error
    except _UNREADABLE as error:
        raise _unreadable() from error


def _check_extent(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large()
    # A JPEG of several frames is a photo with its depth map or preview: the first is the photo.
    if picture.format not in {"JPEG", "MPO"} and getattr(picture, "n_frames", 1) > 1:
        raise Refused(
            "moving",
            _(
                "This picture moves, and we keep still ones only, so we left it out. Nothing else changed. "
                "Save one frame as JPEG or PNG and choose that one."
            ),
        )


def _encode(picture: Image.Image, image_format: str) -> IO[bytes]:
    upright = ImageOps.exif_transpose(picture)
    transparency = upright.info.get("transparency") if image_format == "PNG" else None
    if upright.mode not in _MODES[image_format]:
        has_alpha = image_format != "JPEG" and upright.has_transparency_data
        upright = upright.convert("RGBA" if has_alpha else "RGB")
        transparency = None
    # Encoders copy from here what they aren't given: resolution, profile, comment, EXIF.
    upright.info = {} if transparency is None else {"transparency": transparency}
    written = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115  the caller closes it
    if image_format == "JPEG":
        upright.save(written, "JPEG", quality=90, exif=b"")
    elif image_format == "WEBP":
        upright.save(written, "WEBP", quality=90, exif=b"")
    else:
        upright.save(written, "PNG", exif=b"")
    written.seek(0)
    return written
