"""The line that long compilations show."""

import io
import os
import pty
import subprocess
import sys
import threading
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import pytest

import theano
from theano.graph import progress

LONG = """
import theano, theano.tensor as tt
from theano.graph import progress
progress.PATIENCE = {patience}
x = tt.vector("x")
y = x
for _ in range({length}):
    y = tt.sin(y) + 1
theano.function([x], y, name="a chain")
print("made")
"""


class Terminal(io.StringIO):
    """Collects what is written, and says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "PERIOD", 0.001)
    return Terminal()


@contextmanager
def on(terminal, name="train"):
    with redirect_stderr(terminal), progress.progress(name):
        yield


def lines(terminal):
    return [line.rstrip() for line in terminal.getvalue().split("\r") if line.strip()]


def test_it_tells_name_phase_nodes_and_seconds(terminal):
    with on(terminal):
        progress.report("canonicalize", 12345)
        shown = threading.Event()
        write = terminal.write

        def tell(text):
            write(text)
            if "12,345" in text:
                shown.set()
        terminal.write = tell
        assert shown.wait(10)
    assert any(line.startswith("compiling train: canonicalize, 12,345 nodes, 0.") for line in lines(terminal))
    last = terminal.getvalue().rsplit("\r", 2)
    assert last[1].strip() == "" and last[2] == ""              # nothing is left of it


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    before = threading.active_count()
    for nowhere in (io.StringIO(), None):
        with on(nowhere):
            progress.report("phase", 1)
            assert threading.active_count() == before


def test_short_compilations_show_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 60.0)
    with on(terminal):
        progress.report("phase", 1)
    assert terminal.getvalue() == ""


def test_one_line_for_compilations_within_others(terminal):
    with on(terminal, "outer"):
        outer = progress._here.active
        with progress.progress("inner"):
            assert progress._here.active is outer
    assert progress._here.active is None


def test_it_ends_when_compiling_fails(terminal):
    with pytest.raises(ZeroDivisionError), on(terminal):
        raise ZeroDivisionError
    assert progress._here.active is None
    assert not [t for t in threading.enumerate() if t.name == "theano progress"]


def test_long_names_are_cut():
    assert len(progress.Progress("x" * 200, None).line()) == progress.WIDTH


def on_a_terminal(program):
    """What a program shows on a terminal."""
    mine, its = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(theano.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=its, stderr=its, env=environment)
    os.close(its)
    parts = []
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError:                 # the other end is closed
            break
        if not part:
            break
        parts.append(part.decode())
    os.close(mine)
    assert process.wait() == 0
    return "".join(parts)


def test_on_a_real_terminal():
    text = on_a_terminal(LONG.format(patience=0.0, length=300))
    assert "compiling a chain: " in text and " nodes, " in text
    assert text.rstrip().endswith("made")
    assert "compiling" not in on_a_terminal(LONG.format(patience=60, length=3))
