"""The model `upscale` in the Python reference, on photographs it has not seen, and its training."""

import io
import sys

import espcn
import jax
import numpy as np
import onnxruntime
import photographs
import pytest
import train_upscale
from engine import frames
from PIL import Image
from upscale_reference import Enlarger, bicubic, halved, psnr

# Neither trained on nor looked at when training ends.
UNSEEN = ("grace_hopper.jpg", "camera.png")


@pytest.fixture(scope="module")
def enlarger(upscale):
    """The model as Python runs it, for pictures of any size."""

    def of_size(columns: int, rows: int) -> Enlarger:
        made = Enlarger(upscale)
        made.description["input"] |= {"width": columns, "height": rows}
        return made

    return of_size


def even(picture: np.ndarray) -> np.ndarray:
    """Returns `picture` without an odd last row or column."""
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]


def gain(enlarger, picture: np.ndarray, quality: int | None = None) -> float:
    """Returns by how many dB `picture` comes back better than by bicubic interpolation.

    With `quality`, the small picture was a JPEG on its way.
    """
    small = halved(picture)
    if quality:
        data = io.BytesIO()
        Image.fromarray(small).save(data, "JPEG", quality=quality)
        small = np.asarray(Image.open(data))
    made = enlarger(small.shape[1], small.shape[0]).enlarge(small)
    assert made.shape == picture.shape
    return psnr(made, picture) - psnr(bicubic(small), picture)


def test_photographs_come_back_better_than_by_bicubic_interpolation(enlarger, photograph):
    names = (*train_upscale.UNSEEN, *UNSEEN)
    gains = {name: gain(enlarger, even(photograph(name))) for name in names}
    assert min(gains.values()) > 0.2
    assert np.mean([gains[name] for name in train_upscale.UNSEEN]) >= 0.5
    assert np.mean([gains[name] for name in UNSEEN]) >= 0.5


def test_the_street_video_comes_back_better_at_its_own_size(enlarger, video):
    gains = [gain(enlarger, picture) for picture in frames(video, 150, 5)]
    assert min(gains) >= 0.5


def test_what_a_camera_sends_as_jpeg_comes_back_better_too(enlarger, photograph):
    names = (*train_upscale.UNSEEN, *UNSEEN)
    gains = [gain(enlarger, even(photograph(name)), 90) for name in names]
    assert np.mean(gains) >= 0.5


def test_the_description_makes_the_street_video_whole_again(upscale, video):
    (picture,) = frames(video, 1, 1)
    assert Enlarger(upscale).enlarge(halved(picture)).shape == picture.shape


def test_the_engine_makes_the_pictures_of_the_reference(upscale, engine, video):
    pictures = frames(video, 150, 5)
    small = [halved(picture) for picture in pictures]
    expected = [Enlarger(upscale).enlarge(picture) for picture in small]
    for picture, tiny, wanted, result in zip(
        pictures, small, expected, engine.run(upscale, small), strict=True
    ):
        assert (result["task"], result["width"], result["height"]) == ("enhance", 768, 576)
        made = np.asarray(Image.open(io.BytesIO(bytes.fromhex(result["jpeg"]))))
        # What JPEG costs, and no more.
        assert psnr(made, wanted) > 36
        assert psnr(made, picture) - psnr(bicubic(tiny), picture) >= 0.5


def test_an_even_colour_stays_what_it_is_up_to_the_edges(enlarger):
    for level in (0, 100, 255):
        made = enlarger(16, 12).enlarge(np.full((12, 16, 3), level, np.uint8))
        assert np.abs(made.astype(int) - level).max() <= 3


def test_a_picture_is_the_same_alone_as_in_a_batch(enlarger):
    session = enlarger(20, 20).served.session
    images = np.random.default_rng(1).integers(0, 256, (3, 3, 14, 20)).astype(np.float32)
    (together,) = session.run(None, {"image": images})
    (alone,) = session.run(None, {"image": images[1:2]})
    np.testing.assert_allclose(alone[0], together[1], atol=1e-3)
    assert together.min() >= 0
    assert together.max() <= 255


def test_untrained_it_is_bicubic_interpolation(photograph):
    small = halved(even(photograph("coffee.png")))
    model = espcn.to_onnx(espcn.initial(jax.random.key(1))).SerializeToString()
    tensor = small.astype(np.float32).transpose(2, 0, 1)[None]
    (made,) = onnxruntime.InferenceSession(model).run(None, {"image": tensor})
    inside = (slice(4, -4),) * 2
    difference = made[0].transpose(1, 2, 0)[inside] - bicubic(small)[inside]
    # Pillow rounds and clips between the two directions.
    assert np.abs(difference).mean() < 0.4
    assert np.quantile(np.abs(difference), 0.999) < 2


def test_the_served_graph_computes_what_was_trained():
    parameters = espcn.initial(jax.random.key(1))
    keys = iter(jax.random.split(jax.random.key(2), 8))
    for layer in parameters.values():
        for name, value in layer.items():
            layer[name] = value + 0.05 * jax.random.normal(next(keys), value.shape)
    images = np.random.default_rng(1).integers(60, 200, (2, 9, 13, 3)).astype(np.float32)
    expected = np.asarray(espcn.forward(parameters, images / 255)) * 255
    session = onnxruntime.InferenceSession(espcn.to_onnx(parameters).SerializeToString())
    (found,) = session.run(None, {"image": images.transpose(0, 3, 1, 2)})
    wanted = np.clip(expected, 0, 255).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_patches_are_of_the_same_place_large_and_small(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (40, 50), np.uint8)
    picture = Image.fromarray(noise).resize((400, 320), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "one.png")
    random = np.random.default_rng(2)
    smalls, larges = photographs.patches([tmp_path / "one.png"], 6, random)
    assert smalls.shape == (6, 32, 32, 3)
    for small, large in zip(smalls, larges, strict=True):
        again = halved(large).astype(int)
        apart = [np.abs(np.roll(again, by, 1) - small)[4:-4, 4:-4].mean() for by in (-1, 0, 1)]
        assert apart[1] < 3 < min(apart[0], apart[2]) / 2


def test_a_network_that_learned_nothing_is_not_written(
    cache, upscale, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(train_upscale, "train", lambda paths: espcn.initial(jax.random.key(1)))
    output = tmp_path / "model.onnx"
    folders = ["--mate-backgrounds", str(tmp_path), "--scikit-image", str(cache / "scikit-image")]
    monkeypatch.setattr(sys, "argv", ["train_upscale.py", *folders, "--output", str(output)])
    assert train_upscale.main() == 1
    assert "below 0.5 dB" in capsys.readouterr().err
    assert not output.exists()
