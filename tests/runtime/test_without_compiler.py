"""Without a compiler, or without the C part of this package, functions work and say so once."""

import os
import stat
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.codegen import build
from theano.compile import native
from theano.runtime import report

PROGRAM = """
import sys
import numpy as np
import theano, theano.tensor as tt
sys.stderr.write("imported\\n")
x, y, w = tt.dmatrix("x"), tt.dvector("y"), theano.shared(np.ones(3), name="w")
cost = ((tt.dot(x, w) - y) ** 2).mean()
f = theano.function([x, y], [cost, theano.grad(cost, w)], updates=[(w, w - 0.01 * theano.grad(cost, w))])
g = theano.function([y], tt.exp(y[::2]) + y.sum())
a, b = np.arange(6.).reshape(2, 3), np.array([1., 2.])
cost, gradient = f(a, b)
np.testing.assert_allclose(cost, ((a.sum(1) - b) ** 2).mean())
np.testing.assert_allclose(gradient, 2 * a.T.dot(a.sum(1) - b) / 2)
np.testing.assert_allclose(w.get_value(), 1 - 0.01 * gradient)
np.testing.assert_allclose(g(b), np.exp(b[::2]) + 3)
assert f(a, b)[0] < cost and f(x=a, y=b)
RUNNER
try:
    f(a, [1., 2., 3.])
except ValueError as error:
    assert "line 7, in <module>" in str(error)
else:
    raise AssertionError("no error")
"""
PREBUILT = "assert f.fn.loops and not f.fn.library"
IN_PYTHON = "assert type(f.fn).__name__ == 'Interpreter'"
COMPILED = "assert f.fn.library"
BLOCKED = "import sys; sys.modules['theano.runtime._machine'] = None"


@pytest.fixture(autouse=True)
def native_mode():
    """Whatever mode the tests run in."""
    with theano.config.change_flags(mode="Mode", linker="cvm"):
        yield


def said(runner, before="", **environment):
    """Lines on stderr, of the import and of the rest; runner: a line that says what functions run on."""
    done = subprocess.run([sys.executable, "-c", before + PROGRAM.replace("RUNNER", runner)], capture_output=True,
                          text=True, check=False,
                          env={k: v for k, v in {**os.environ, "THEANO_FLAGS": "", **environment}.items() if k != "CC"})
    assert done.returncode == 0 and done.stdout == "", done.stderr
    head, _, tail = done.stderr.partition("imported\n")
    return head.splitlines(), tail.splitlines()


def test_no_compiler():
    head, tail = said(PREBUILT, PATH="/nonexistent")
    assert not head and len(tail) == 1 and tail[0].startswith("<string>:8: UserWarning: no C compiler was found, so ")


def test_no_extension():
    head, tail = said(IN_PYTHON, BLOCKED)
    assert not head and len(tail) == 1 and "the C part of this package was not built" in tail[0]


def test_neither():
    head, tail = said(IN_PYTHON, BLOCKED, PATH="/nonexistent")
    assert not head and len(tail) == 1


@pytest.mark.parametrize("runner, before", [(PREBUILT, ""), (IN_PYTHON, BLOCKED)])
def test_nothing_is_said_to_who_asked_for_it(runner, before):
    assert said(runner, before, THEANO_FLAGS="cxx=") == ([], [])


# -- compilers that fail ----------------------------------------------------------------------------------------


@pytest.fixture
def with_compiler(tmp_path, monkeypatch):
    """Use a shell script as the compiler; calls it gets are lines of a file."""
    monkeypatch.setattr(native, "_useless", set())
    monkeypatch.setattr(report, "_said", set())
    build._find.cache_clear()
    build.complaint.cache_clear()

    def use(script):
        path = tmp_path / "cc"
        path.write_text(f"#!/bin/sh\necho call >> {tmp_path}/calls\n{textwrap.dedent(script)}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("CC", str(path))
        return tmp_path / "calls"
    yield use
    build._find.cache_clear()


def checked(k):
    x = tt.dvector("x")
    f = theano.function([x], tt.cos(x * k))
    np.testing.assert_allclose(f([1.0]), np.cos([k]))
    return f


@pytest.mark.parametrize("script, what", [
    ("exit 3", "ended with status 3"),
    ("echo 'x.c:1: error: no licence' >&2; exit 1", "ended with status 1: x.c:1: error: no licence"),
    ("kill -9 $$", "was killed by signal 9"),
    ("exit 0", "made no library"),
])
def test_a_compiler_that_fails(with_compiler, script, what):
    calls = with_compiler(script)
    with pytest.warns(UserWarning) as caught:
        checked(1.5)
        checked(2.5)
    assert len(caught) == 1
    assert what in str(caught[0].message) and "functions run on prebuilt loops" in str(caught[0].message)
    assert "\n" not in str(caught[0].message) and caught[0].filename == __file__
    assert len(calls.read_text().split()) == 2              # the function, and one line to see what it is good for


def test_a_compiler_that_hangs(with_compiler, monkeypatch):
    """All its processes are ended, and nobody waits for those that keep the pipe open."""
    monkeypatch.setattr(build, "TIMEOUT", 0.3)
    monkeypatch.setattr(build, "PROBE_TIMEOUT", 0.3)
    with_compiler("sleep 60 & sleep 60")
    with pytest.warns(UserWarning, match="took longer than 0.3 s; so functions run on prebuilt loops") as caught:
        checked(3.5)
    assert len(caught) == 1


def test_a_compiler_that_fails_on_one_function_only(with_compiler):
    with_compiler("""
        for last; do if [ -f "$last" ] && grep -q probe "$last"; then exec gcc "$@"; fi; done
        exit 4""")
    with pytest.warns(UserWarning, match="ended with status 4; so this function runs on prebuilt loops"):
        checked(4.5)
    assert not native._useless


def test_a_compiler_whose_libraries_can_not_be_loaded(with_compiler):
    with_compiler("""
        while [ "$1" != -o ]; do shift; done
        echo garbage > $2""")
    with pytest.warns(UserWarning, match="so this function runs on prebuilt loops"):
        checked(5.5)
    with_compiler("exec gcc \"$@\"")
    build._find.cache_clear()
    assert checked(5.5).fn.library


def test_the_flag_names_the_compiler(tmp_path):
    """As in old configuration files, where it is a C++ compiler."""
    program = PROGRAM.replace("RUNNER", COMPILED)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False,
                          env={**os.environ, "THEANO_FLAGS": f"cxx=g++,base_compiledir={tmp_path}"})
    assert done.returncode == 0, done.stderr


def test_no_place_for_temporary_files(monkeypatch):
    monkeypatch.setattr(report, "_said", set())
    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(build.tempfile, "TemporaryDirectory", refuse)
    build.complaint.cache_clear()
    with pytest.warns(UserWarning, match="there is no place for temporary files.*No space left"):
        checked(6.5)
    native._useless.clear()
    build.complaint.cache_clear()
