"""A picture, painted anew: what it shows stays, and all else goes that a file can carry.

Where it was taken and with what (EXIF), comments, thumbnails, what was appended: none of it is read. A picture that
would become too large in memory is refused by its head, before it is unpacked.
"""

import io
import struct
from typing import Final

from PIL import Image, ImageOps

from hub.uploads.values import PIXELS_MOST, SIDE_PIXELS_MOST, FileKind

QUALITY: Final = 90
_BROKEN: Final = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError, ArithmeticError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What the library raises for files that are broken, or made to break it."""
_MODES: Final = {
    FileKind.JPEG: ("RGB", "L"),
    FileKind.PNG: ("RGB", "RGBA", "L", "LA", "1"),
    FileKind.WEBP: ("RGB", "RGBA"),
}


class NoPicture(Exception):
    """It cannot be painted. is_too_large: it has more pixels than we take."""

    def __init__(self, *, is_too_large: bool = False) -> None:
        super().__init__("no picture")
        self.is_too_large = is_too_large


def repaint(content: bytes, kind: FileKind) -> bytes:
    """Paint a picture anew, the right way up; only its first frame. Takes a while: call it in a thread."""
    try:
        with Image.open(io.BytesIO(content), formats=(kind.value,)) as picture:
            _require_size(picture)
            picture.load()
            return _painted(picture, kind)
    except _BROKEN as error:
        is_bomb = isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning)
        raise NoPicture(is_too_large=is_bomb) from None


def _require_size(picture: Image.Image) -> None:
    wide, high = picture.size
    if wide * high > PIXELS_MOST or max(wide, high) > SIDE_PIXELS_MOST:
        raise NoPicture(is_too_large=True)


def _painted(picture: Image.Image, kind: FileKind) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    mode = upright.mode if upright.mode in _MODES[kind] else _mode(upright, kind)
    canvas = Image.new(mode, upright.size)
    canvas.paste(upright.convert(mode))
    out = io.BytesIO()
    canvas.save(out, format=kind.value, quality=QUALITY)
    return out.getvalue()


def _mode(picture: Image.Image, kind: FileKind) -> str:
    is_transparent = picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info
    return "RGBA" if is_transparent and kind is not FileKind.JPEG else "RGB"
