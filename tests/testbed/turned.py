"""Pictures that are stored otherwise than they are seen."""

import io

from PIL import Image

# What brings a picture that is upright to how it is stored, by Exif's number of the way back.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_ORIENTATION = 274


def stored(upright: Image.Image, orientation: int, *, exif: bool = True) -> bytes:
    """The JPEG of a picture that whoever heeds that orientation sees as it was given."""
    picture = upright.convert("RGB")
    if orientation > 1:
        picture = picture.transpose(_STORED[orientation])
    segment = Image.Exif()
    if exif:
        segment[_ORIENTATION] = orientation
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90, subsampling="4:2:0", exif=segment)
    return file.getvalue()
