"""What a training on several processes (framegate_flow/training.py) needs to know of this model."""

from lenet import initial, to_onnx
from mnist import load
from train import accuracy, make_step

__all__ = ["accuracy", "initial", "load", "make_step", "to_onnx"]
