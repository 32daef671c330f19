"""Builds the C runtime where there is a compiler; without it the package works all the same, slower."""

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

RUNTIME = Path("src/theano/runtime")


class OptionalBuild(build_ext):
    """A build that warns instead of failing."""

    def build_extension(self, ext):
        import numpy  # needed for its headers only
        ext.include_dirs.append(numpy.get_include())
        super().build_extension(ext)


setup(
    ext_modules=[Extension(
        "theano.runtime._machine",
        sources=[str(path) for path in sorted(RUNTIME.glob("*.c"))],
        depends=[str(path) for path in sorted(RUNTIME.glob("*.h"))],
        extra_compile_args=["-O3", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden",
                            "-pthread"],
        extra_link_args=["-pthread"],
        optional=True,
    )],
    cmdclass={"build_ext": OptionalBuild},
)
