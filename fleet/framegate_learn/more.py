"""More pictures of few: as the same things would look in other light, a little moved, less sharp.

What is right depends on what is learned (a digit that is flipped is none), and so learn.yaml says
it under `more`. All chance comes from a seed: the same recipe, seed and order of pictures make the
same pictures.
"""

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# It would ask the network whether there is a newer one.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations
import cv2

# Pictures are small; more threads would only be in others' way.
cv2.setNumThreads(1)


@dataclass(frozen=True)
class Recipe:
    """How far a picture may be changed; 0, false, or for `jpeg` 100: not at all."""

    flip: bool = False  # left and right are exchanged, in half of the pictures
    contrast: float = 0.2  # by so much more or less
    brightness: float = 0.2  # ... of all there is, more or less
    noise: float = 5.0  # standard deviation of at most so many grey levels
    blur: float = 1.0  # a Gaussian of at most so many pixels
    rotation: float = 5.0  # degrees, either way
    crop: float = 0.1  # of each side, cut off, and what is left made as large as before
    invert: float = 0.0  # in this part of the pictures dark becomes light
    jpeg: int = 60  # quality, at least


NOTHING = asdict(Recipe(False, 0, 0, 0, 0, 0, 0, 0, 100))


class Maker:
    """Makes them. One thread; a picture depends on how many were made before it.

    `settings` are those of `more` in learn.yaml, and what they do not say is as Recipe has it.
    `recipe` is what makes the same pictures again: a run keeps it.
    """

    def __init__(self, settings: dict[str, Any], seed: int) -> None:
        recipe = Recipe(**settings)
        library = f"albumentations {albumentations.__version__}"
        self.recipe: dict[str, Any] = {**asdict(recipe), "seed": seed, "library": library}
        self._change = albumentations.Compose(_steps(recipe), seed=seed % 2**32)

    def one(self, pixels: np.ndarray) -> np.ndarray:
        """One more picture: uint8 (height, width) or (height, width, 1 or 3), which it keeps."""
        if pixels.dtype != np.uint8:
            raise TypeError(f"pixels are uint8, these are {pixels.dtype}")
        image = pixels if pixels.ndim == 3 else pixels[:, :, None]
        made = self._change(image=np.ascontiguousarray(image))["image"]
        return np.ascontiguousarray(made.reshape(pixels.shape))

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """One more of each, in their order; uint8 (count, height, width, ...)."""
        if len(pictures) == 0:
            return pictures.copy()
        return np.stack([self.one(picture) for picture in pictures])


def _steps(recipe: Recipe) -> list[albumentations.BasicTransform]:
    """What is done, in the order in which a camera does it: scene, lens, sensor, encoder."""
    border = cv2.BORDER_REPLICATE
    steps: list[albumentations.BasicTransform] = []
    if recipe.flip:
        steps.append(albumentations.HorizontalFlip(p=0.5))
    if recipe.invert:
        steps.append(albumentations.InvertImg(p=recipe.invert))
    if recipe.rotation:
        limit = (-recipe.rotation, recipe.rotation)
        steps.append(albumentations.Rotate(limit=limit, border_mode=border, p=0.8))
    if recipe.crop:
        # Each side on its own, so that what is seen moves, too.
        steps.append(
            albumentations.CropAndPad(
                percent=(-recipe.crop, 0), keep_size=True, sample_independently=True, p=0.8
            )
        )
    if recipe.blur:
        steps.append(
            albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.1, recipe.blur), p=0.4)
        )
    if recipe.contrast or recipe.brightness:
        steps.append(
            albumentations.RandomBrightnessContrast(
                brightness_limit=(-recipe.brightness, recipe.brightness),
                contrast_limit=(-recipe.contrast, recipe.contrast),
                p=0.8,
            )
        )
    if recipe.noise:
        steps.append(albumentations.GaussNoise(std_range=(0, recipe.noise / 255), p=0.5))
    if recipe.jpeg < 100:
        steps.append(albumentations.ImageCompression(quality_range=(recipe.jpeg, 100), p=0.5))
    return steps
