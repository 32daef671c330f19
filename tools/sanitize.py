"""Runs calls and tests under AddressSanitizer and UndefinedBehaviorSanitizer: ``python tools/sanitize.py --help``.

The C runtime is built with both in a copy of the package, and generated kernels are compiled with both. Prints what
they report; the status is then not 0. Needs gcc with its sanitizer libraries.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import numpy as np

from theano.codegen.typed import sources

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address", "-fsanitize=undefined"]
TESTS = ["tests/compile/test_fuzzed_calls.py", "tests/compile/test_error_lines.py", "tests/compile/test_callable.py",
         "tests/tensor", "tests/runtime/test_threads.py", "tests/runtime/test_products.py",
         "tests/runtime/test_typed_loops.py", "tests/runtime/test_ahead.py", "tests/runtime/test_far.py",
         "tests/compile/test_prebuilt_loops.py", "tests/codegen/test_rows.py", "tests/codegen/test_quick.py",
         "tests/codegen/test_order.py", "tests/codegen/test_stages.py", "tests/inner"]


def build(folder):
    """A copy of the package in ``folder``, with its C runtime built with the sanitizers."""
    package = folder / "theano"
    shutil.copytree(ROOT / "src" / "theano", package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    runtime = package / "runtime"
    includes = [f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}"]
    for name, text in sources().items():
        (runtime / name).write_text(text)
    target = runtime / f"_machine{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run(["gcc", *FLAGS, "-shared", "-fPIC", "-fopenmp-simd", "-fno-math-errno", "-pthread", *includes,
                    *map(str, sorted(runtime.glob("*.c"))), "-o", str(target), "-lm"], check=True)


def environment(folder):
    """Variables for a process that runs the copy in ``folder``."""
    libraries = [subprocess.run(["gcc", f"-print-file-name={name}"], check=True, capture_output=True,
                                text=True).stdout.strip() for name in ("libasan.so", "libubsan.so")]
    flags = f"base_compiledir={folder / 'cache'},gcc.cxxflags={' '.join(FLAGS)}"
    return {**os.environ, "PYTHONPATH": str(folder), "LD_PRELOAD": " ".join(libraries), "THEANO_FLAGS": flags,
            "THEANO_TEST_FLAGS": flags, "PYTHONMALLOC": "malloc", "OMP_NUM_THREADS": "2",
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}


def reports(text):
    """What the sanitizers said, each thing once."""
    return sorted({line for line in text.splitlines() if "runtime error:" in line or "ERROR: AddressSan" in line})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="how many fuzzed calls")
    parser.add_argument("tests", nargs="*", default=TESTS, help="tests to run as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="theano-sanitize-") as name:
        folder = Path(name)
        build(folder)
        commands = [["-W", "ignore", "tests/compile/test_fuzzed_calls.py", str(options.calls)],
                    ["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *options.tests]]
        done = [subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(folder), check=False, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for command in commands]
    status, found = [run.returncode for run in done], reports("".join(run.stdout for run in done))
    for run in done:
        print("\n".join(run.stdout.splitlines()[-30:] if run.returncode else run.stdout.splitlines()[-1:]))
    print(f"sanitizers: {len(found)} reports; the runs ended with status {status}")
    for line in found:
        print(line)
    sys.exit(bool(found) or any(status))


if __name__ == "__main__":
    main()
