"""A stranger's picture → a small, clean one of ours: turned upright, without anything hidden in it, and no wider than needed.

Only the colours of the pixels are taken over. Whatever else the file held (where it was taken, by which camera, a thumbnail
of what was cut away) stays behind, because the new file begins as an empty canvas.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

WIDEST = 1200
"""Pixels: a picture is shown 552 wide, and screens with fine pixels show twice as many."""

TALLEST = 2400
"""Pixels: a poster in portrait is made smaller rather than longer than two screens."""

MOST_PIXELS = 50_000_000
"""A picture with more is refused before it is unpacked: a small file can claim to be enormous."""

LOGO = (480, 112)
"""The most pixels of a logo, width and height: it is shown at half that."""

FLAT = 256
"""A picture with at most so many colours is a drawing, and stays sharp as PNG; others become JPEG."""

QUALITY = 82
"""Of JPEG: above it files grow faster than anybody sees."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
"""What is read. SVG is not: it is a program, and mail programs do not show it."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A picture ready to be served; `width` and `height` are in pixels."""

    content: bytes
    ending: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """A name that says what is in it, so that it never has to change."""
        return f"{hashlib.sha256(self.content).hexdigest()[:16]}.{self.ending}"


def sized(body: bytes, within: tuple[int, int] = (WIDEST, TALLEST)) -> Sized:
    """The picture of these bytes, fitted into `within` and never enlarged. Raises ValueError that says why there is none."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own limit warns; ours refuses
        try:
            with Image.open(BytesIO(body), formats=FORMATS) as opened:
                _bounded(opened)
                opened.draft("RGB", within)  # JPEG alone: unpacked at a fraction, which is quicker and smaller
                ImageOps.exif_transpose(opened, in_place=True)
                canvas = _flattened(opened, within)
        except UnidentifiedImageError:
            raise ValueError("it is no picture that can be read (JPEG, PNG, WebP, GIF or AVIF)") from None
        except Image.DecompressionBombError:
            raise ValueError(_too_large()) from None
        except (OSError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
            raise ValueError(f"it is broken ({type(error).__name__})") from None
    return _saved(canvas)


def _bounded(picture: Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(_too_large())
    if min(picture.size) < 2:
        raise ValueError("it is a single point, such as counters of readers use")


def _too_large() -> str:
    return f"it has more than {MOST_PIXELS // 1_000_000} million pixels; put a smaller one into the post"


def _flattened(picture: Image, within: tuple[int, int]) -> Image:
    """The picture's pixels, fitted into `within`, on a new white canvas."""
    from PIL import Image

    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    layer = picture.convert("RGBA" if clear else "RGB")
    layer.thumbnail(within, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", layer.size, "white")
    canvas.paste(layer, mask=layer.getchannel("A") if clear else None)
    return canvas


def _saved(picture: Image) -> Sized:
    out = BytesIO()
    drawing = picture.getcolors(FLAT) is not None
    if drawing:
        picture.quantize(FLAT).save(out, "PNG", optimize=True)
    else:
        picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Sized(out.getvalue(), "png" if drawing else "jpg", *picture.size)
