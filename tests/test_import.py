"""``import theano``: quick, silent, without side effects."""

import copy
import os
import pickle
import subprocess
import sys

from theano import late

CALLS, MODULES = 120_000, 300     # beyond NumPy's; benchmarks.startup measures how long they take

WORK = """
import sys, numpy
before, calls = set(sys.modules), 0
def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
sys.setprofile(count)
import theano
sys.setprofile(None)
print(calls, *sorted(set(sys.modules) - before))
"""

WATCHED = """
import os, sys
seen = []
def watch(event, args):
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "os.mkdir",
                 "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate",
                 "socket.connect", "socket.getaddrinfo", "tempfile.mkstemp", "tempfile.mkdtemp",
                 "_thread.start_new_thread"):
        seen.append((event, str(args)))
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen.append((event, str(args)))
sys.addaudithook(watch)
import theano
sys.exit(str(seen) if seen else 0)
"""


def clean(**extra):
    """The environment, without what would change an import."""
    names = ("THEANO_FLAGS", "THEANORC", "PYTHONDONTWRITEBYTECODE")
    return {**{k: v for k, v in os.environ.items() if k not in names}, **extra}


def test_import_starts_no_process_and_writes_no_file(tmp_path):
    done = subprocess.run([sys.executable, "-W", "error", "-c", WATCHED], capture_output=True, text=True,
                          env=clean(HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE="1"), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_import_without_a_home():
    subprocess.run([sys.executable, "-W", "error", "-c", "import theano; theano.config.compiledir"], check=True,
                   env=clean(HOME="/nonexistent", PATH="/nonexistent"), capture_output=True)


def test_import_does_little_that_numpy_does_not(tmp_path):
    """How much Python does is the same on every machine, under any load; how long that takes is not."""
    for _ in range(2):                                  # the first writes the byte code
        done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True,
                              env=clean(PYTHONPYCACHEPREFIX=str(tmp_path)))
    calls, *modules = done.stdout.split()
    assert int(calls) <= CALLS
    assert len(modules) <= MODULES
    assert not [m for m in modules if m in late.NAMES or m.startswith(("theano.drawing.", "theano.sparse."))]
    assert not [m for m in modules if m.startswith("scipy")]


def test_late_modules_are_what_they_stand_for(monkeypatch):
    import json
    assert late.json.dumps([1]) == "[1]"
    monkeypatch.setattr(late.json, "dumps", None)
    assert json.dumps is None
    monkeypatch.undo()
    assert json.dumps([1]) == "[1]"
    assert "json" in repr(late.json)
    for same in (copy.copy(late.json), copy.deepcopy(late.json), pickle.loads(pickle.dumps(late.json))):
        assert same.loads("1") == 1


def test_what_draws_is_among_the_names_of_printing():
    names = {}
    exec("from theano.printing import *", names)
    assert {"pydotprint", "pydotprint_variables", "default_colorCodes", "debugprint", "pp", "Print"} <= set(names)
    assert callable(names["pydotprint"])
