"""JPEG pictures in, what models find in them out: the Framegate gateway's code in one process.

    from framegate import Engine

    with Engine("/var/lib/framegate/models", "objects", threads=2) as engine:
        for picture in engine.run([jpeg, other]):
            print(picture)

The same picture gives the same answer as in the gateway: decoder, preprocessing, engine and
findings are the same code. Engines are opened after a fork, not before.
"""

from framegate.engine import Engine, FramegateError, Model

__all__ = ["Engine", "FramegateError", "Model", "__version__"]
__version__ = "0.1.0"
