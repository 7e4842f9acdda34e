"""Strangers' pictures made into ours: every kind, upright, small, and with nothing hidden in them."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from syndicate.compose.pictures import MOST_PIXELS, WIDEST, sized

SECRET = b"41.3275N 19.8187E camera 4711"


def photo(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture with many colours: red at its top left."""
    gradient = Image.linear_gradient("L").resize((width, height))
    made = Image.merge("RGB", (gradient, gradient.transpose(Image.Transpose.ROTATE_180), gradient.rotate(90)))
    made.paste("red", (0, 0, max(1, width // 4), max(1, height // 4)))
    return made.convert(mode)


def encoded(picture: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    held = Image.Exif()
    held[0x0112] = orientation
    held[0x010E] = SECRET.decode()
    held.get_ifd(0x8825)[1] = "N"
    return held


def opened(body: bytes) -> Image.Image:
    found = Image.open(BytesIO(body))
    found.load()
    return found


@pytest.mark.parametrize(
    ("body", "ending", "size"),
    [
        (encoded(photo(1600, 1000)), "jpg", (1200, 750)),
        (encoded(photo(8000, 5000)), "jpg", (1200, 750)),
        (encoded(photo(300, 200)), "jpg", (300, 200)),
        (encoded(photo(900, 6000)), "jpg", (360, 2400)),
        (encoded(photo(640, 480), "PNG"), "jpg", (640, 480)),
        (encoded(photo(640, 480), "WEBP"), "jpg", (640, 480)),
        (encoded(photo(640, 480, "CMYK")), "jpg", (640, 480)),
        (encoded(photo(640, 480, "L")), "png", (640, 480)),
        (encoded(Image.new("RGB", (400, 300), "navy"), "PNG"), "png", (400, 300)),
        (encoded(photo(64, 64).quantize(64), "GIF", save_all=True, append_images=[photo(64, 64).quantize(8)]), "png", (64, 64)),
        (encoded(Image.new("I;16", (50, 40), 9000), "PNG"), "png", (50, 40)),
    ],
    ids=["wide", "8000 px", "small", "poster", "png photo", "webp", "cmyk", "grey", "flat", "animated", "16 bit"],
)  # fmt: skip
def test_every_kind_becomes_a_small_jpeg_or_png(body: bytes, ending: str, size: tuple[int, int]) -> None:
    made = sized(body)
    assert (made.ending, (made.width, made.height)) == (ending, size)
    found = opened(made.content)
    assert (found.size, found.format) == (size, {"jpg": "JPEG", "png": "PNG"}[ending])
    assert found.mode in ("RGB", "P")
    assert made.name.endswith(f".{ending}")
    assert len(made.name) == 20


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_hidden_survives(kind: str) -> None:
    more: dict[str, Any] = {"exif": exif()}
    if kind == "JPEG":
        more["comment"] = SECRET
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        told = PngInfo()
        told.add_text("Comment", SECRET.decode())
        more["pnginfo"] = told
    body = encoded(photo(400, 300), kind, **more, icc_profile=b"\0" * 128 + SECRET)
    assert SECRET in body
    made = sized(body).content
    assert SECRET not in made
    assert not opened(made).getexif()
    assert not {"exif", "comment", "Comment", "icc_profile", "xmp"} & opened(made).info.keys()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_taken_sideways_stands_upright(orientation: int) -> None:
    upright = photo(400, 200)
    turned = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    held = upright if turned is None else upright.transpose(turned)
    made = opened(sized(encoded(held, exif=exif(orientation))).content)
    assert made.size == (400, 200)
    red, green, blue = made.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 80


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_clear_becomes_white(mode: str) -> None:
    clear = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    body = encoded(
        clear.convert("P") if mode == "P" else clear.convert(mode),
        "PNG",
        **({"transparency": 0} if mode == "P" else {}),
    )
    assert opened(sized(body).content).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


WRONG = {
    "nothing": (b"", "no picture"),
    "text": (b"<html><body>404", "no picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>', "no picture"),
    "cut off": (encoded(photo(800, 600))[:4000], "broken"),
    "cut off png": (encoded(photo(800, 600), "PNG")[:1500], "broken"),
    "a bomb": (png(60_000, 60_000), "million pixels"),
    "a bigger bomb": (png(2_000_000, 2_000_000), "million pixels"),
    "one too many": (png(MOST_PIXELS // 1000, 1001), "million pixels"),
    "a counter": (encoded(Image.new("RGB", (1, 1)), "GIF"), "single point"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_picture_is_refused_with_the_reason(case: str) -> None:
    body, reason = WRONG[case]
    tracemalloc.start()
    with pytest.raises(ValueError, match=reason):
        sized(body)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_a_photograph_weighs_little() -> None:
    made = sized(encoded(photo(4000, 3000), quality=95))
    assert made.width == WIDEST
    assert len(made.content) < 200_000


def test_the_same_picture_has_the_same_name() -> None:
    body = encoded(photo(400, 300))
    assert sized(body).name == sized(body).name != sized(encoded(photo(401, 300))).name
