"""The wheel is for one kind of machine, because of the library in it, and for any Python 3."""

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class WithLibrary(Distribution):
    """What is not for every machine."""

    def has_ext_modules(self) -> bool:
        return True


class Wheel(bdist_wheel):
    """No module is compiled for one version of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


setup(distclass=WithLibrary, cmdclass={"bdist_wheel": Wheel})
