"""``import theano``: quick, silent, without side effects."""

import os
import statistics
import subprocess
import sys

LIMIT = 0.150                   # seconds above NumPy's import, on a machine where that takes NUMPY seconds
NUMPY = 0.100
ROUNDS = 7

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


def seconds(module, env):
    """How long one process takes to import ``module``, by its own clock."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    return float(done.stdout)


def test_import_starts_no_process_and_writes_no_file(tmp_path):
    done = subprocess.run([sys.executable, "-W", "error", "-c", WATCHED], capture_output=True, text=True,
                          env=clean(HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE="1"), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_import_without_a_home():
    subprocess.run([sys.executable, "-W", "error", "-c", "import theano; theano.config.compiledir"], check=True,
                   env=clean(HOME="/nonexistent", PATH="/nonexistent"), capture_output=True)


def test_import_costs_little_more_than_numpy(tmp_path):
    env = clean(PYTHONPYCACHEPREFIX=str(tmp_path))
    seconds("theano", env)                              # writes the byte code of both
    times = [(seconds("numpy", env), seconds("theano", env)) for _ in range(ROUNDS)]
    numpy = statistics.median(t for t, _ in times)
    more = statistics.median(t - n for n, t in times)
    assert more <= LIMIT * max(1, numpy / NUMPY), f"{1000 * more:.0f} ms above NumPy's {1000 * numpy:.0f} ms"
