"""Builds the C runtime where there is a compiler; without it the package works all the same, slower."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

RUNTIME = Path("src/theano/runtime")
# What every call runs through lies side by side in the library, each function at the beginning of a line of the cache:
# otherwise calls of small functions take up to a fifth longer.
HOT = ("call", "callable", "run", "loop", "storage", "view", "frame", "walk", "reduce", "interpret")

# Of zeros for what lies on the stack GCC makes `rep stosq` on x86: 10 ns for each array of extents or strides.
ZEROS = "-mmemset-strategy=unrolled_loop:512:noalign,libcall:-1:noalign"


def by_heat(name):
    stem = Path(name).stem
    return HOT.index(stem) if stem in HOT else len(HOT), name


class OptionalBuild(build_ext):
    """A build that warns instead of failing."""

    def build_extension(self, ext):
        import numpy  # needed for its headers only
        ext.include_dirs.append(numpy.get_include())
        ext.sources += self.write_loops()
        ext.extra_compile_args += [ZEROS] * self.knows(ZEROS)
        one = self.compiler.compile

        def compile_one(source, extra_postargs=(), **options):
            aligned = ["-falign-functions=64"] if Path(source).stem in HOT else []
            return one([source], extra_postargs=[*extra_postargs, *aligned], **options)

        def compile_all(sources, **options):
            """Objects of all sources in the order in which they are linked; several are compiled at once."""
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = [o for made in pool.map(lambda s: compile_one(s, **options), sources) for o in made]
            return sorted(objects, key=by_heat)

        self.compiler.compile = compile_all
        super().build_extension(ext)

    def knows(self, option):
        """Whether the compiler takes an option."""
        command = getattr(self.compiler, "compiler_so", None)
        return bool(command) and subprocess.run(
            [*command, option, "-E", "-x", "c", os.devnull, "-o", os.devnull], capture_output=True, check=False,
        ).returncode == 0

    def write_loops(self):
        """Sources of the loops that serve machines without a compiler, written from the tables of this very package."""
        sys.path.insert(0, str(Path("src").resolve()))
        from theano.codegen.typed import sources
        folder = Path(self.build_temp)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, text in sources().items():
            path = folder / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
            paths.append(str(path))
        return paths


setup(
    ext_modules=[Extension(
        "theano.runtime._machine",
        sources=[str(path) for path in sorted(RUNTIME.glob("*.c"))],
        include_dirs=[str(RUNTIME)],
        depends=[*map(str, sorted(RUNTIME.glob("*.h"))), "src/theano/codegen/include/half.h"],
        extra_compile_args=["-O3", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-fno-strict-aliasing",
                            "-fwrapv", "-fvisibility=hidden", "-pthread", "-g0"],
        extra_link_args=["-pthread"],
        optional=True,
    )],
    cmdclass={"build_ext": OptionalBuild},
)
