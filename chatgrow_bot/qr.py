"""Draws QR codes, for whichever front shows them. One takes tens of milliseconds: call it in a thread."""

import io

import qrcode
from qrcode.image.pure import PyPNGImage
from qrcode.image.svg import SvgPathImage


def draw_png(code: str) -> bytes:
    """A PNG picture, black on white with a quiet zone."""
    return _picture(code, PyPNGImage)


def draw_svg(code: str) -> bytes:
    """An SVG picture."""
    return _picture(code, SvgPathImage)


def draw_text(code: str) -> bytes:
    """Half blocks, for a dark terminal."""
    shown = io.StringIO()
    _made(code).print_ascii(shown, invert=True)
    return shown.getvalue().encode()


def _picture(code: str, factory: type[PyPNGImage | SvgPathImage]) -> bytes:
    file = io.BytesIO()
    _made(code).make_image(factory).save(file)
    return file.getvalue()


def _made(code: str) -> qrcode.QRCode:
    qr = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=4)
    qr.add_data(code)
    return qr
