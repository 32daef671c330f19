"""The cache of compiled functions: survives damage, crowds, hostile neighbours and places it can't write to."""

import errno
import logging
import math
import os
import pwd
import random
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.codegen import build, cache
from theano.codegen.cache import Cache, pack, unpack, unsafe

ROOT = Path(__file__).parents[2]
PROGRAM = """
    import numpy as np, theano, theano.tensor as tt
    x, y, k = tt.dvector("x"), tt.dvector("y"), tt.lmatrix("k")
    f = theano.function([x, y, k], [tt.exp(2 * x * y + y), x[k], (x * y).sum()])
    a, b, c = np.linspace(0, 1, 5), np.arange(5.), np.array([[3, 0], [0, 4]])
    for got, expected in zip(f(a, b, c), [np.exp(2 * a * b + b), a[c], (a * b).sum()]):
        np.testing.assert_allclose(got, expected)
"""


def run(folder, program=PROGRAM, before="", **environment):
    """Run a program with its cache below ``folder``; it must end well and say nothing. Returns what it printed."""
    flags = f"base_compiledir={folder}"
    done = subprocess.run([sys.executable, "-W", "always", "-c", textwrap.dedent(before) + textwrap.dedent(program)],
                          capture_output=True, text=True, check=False, cwd=ROOT,
                          env={**os.environ, "THEANO_FLAGS": flags, **environment})
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.strip()


def entries(folder):
    """Names of the entries of the cache below ``folder``."""
    return {path.name for path in Path(folder, "v2").iterdir()}


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An empty cache for this process; a function that makes it of a folder."""
    def use(folder=tmp_path / "fresh"):
        made = Cache(None if folder is None else str(folder))
        monkeypatch.setitem(cache._caches, cache.default_folder(), made)
        return made
    return use


def compiled(k=1.0):
    """A small function, checked."""
    x = tt.dvector("x")
    f = theano.function([x], tt.tanh(x * k) + x)
    np.testing.assert_allclose(f([0.5, 1]), np.tanh(np.multiply([0.5, 1], k)) + [0.5, 1])
    return f


# -- the same function in other processes -------------------------------------------------------------------


def test_hash_seeds_add_no_entry_and_change_none(tmp_path):
    """``python -m benchmarks.startup --rounds 10`` counts the entries that ten reruns add."""
    run(tmp_path / "a", PYTHONHASHSEED="1")
    first = {path.name: path.read_bytes()[-40:] for path in Path(tmp_path, "a", "v2").iterdir()}
    for seed in ("2", "3"):
        run(tmp_path / "a", PYTHONHASHSEED=seed)
        assert entries(tmp_path / "a") == set(first)
    run(tmp_path / "b", PYTHONHASHSEED="4")
    assert {path.name: path.read_bytes()[-40:] for path in Path(tmp_path, "b", "v2").iterdir()} == first


def test_a_program_with_python_ops_comes_from_the_cache(fresh):
    fresh()
    x = tt.dmatrix("x")
    k = tt.lvector("k")
    outputs = [x[:, k], x[k, 1:], tt.nnet.softmax(x), tt.dot(x, x.T)]
    value = np.arange(12.0).reshape(3, 4)[::-1].copy()
    made = [theano.function([x, k], outputs) for _ in range(2)]
    assert [f.maker.compiled.cached for f in made] == [False, True]
    for a, b in zip(made[0](value, [2, 0]), made[1](value, [2, 0]), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(made[1](value, [2, 0])[1], value[[2, 0], 1:])


def test_a_function_from_the_cache_names_the_line_of_its_own_graph(fresh):
    fresh()
    def broken():
        x, y = tt.dvectors("x", "y")
        return theano.function([x, y], tt.exp(x) * 2 + y)       # this line is named
    for _ in range(2):
        f = broken()
        with pytest.raises(ValueError, match="this line is named"):
            f([1, 2], [1, 2, 3])
    assert f.maker.compiled.cached


def test_names_and_lines_never_reach_the_source(monkeypatch):
    sources = []
    monkeypatch.setattr("theano.compile.native._kernels",
                        lambda program, *more, original=theano.compile.native._kernels:
                        (sources.append(program.source), original(program, *more))[1])
    monkeypatch.setattr("theano.compile.native._key", lambda *more: None)
    hostile = [None, "x", "*/ int main() {", "a\nb", "??/", "\\", "%s%n", '"', "/*", "é\0", "};system(\"true\");"]
    for name in hostile:
        x = tt.dvector(name)
        w = theano.shared(np.ones(2), name=name)
        out = tt.exp(x * w) + 2
        out.name = name
        f = theano.function([x], [out, out.sum()], updates=[(w, w + 1)], name=name)
        np.testing.assert_allclose(f([0, 0])[0], [3, 3])
    assert len(set(sources)) == 1 and len(sources) == len(hostile) and sources[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7e308, 0.1])
def test_constants_are_exact_in_the_source(value):
    x = tt.dvector("x")
    f = theano.function([x], tt.switch(x > 0, x, np.float64(value)) * 1)
    assert f([-1.0]).tobytes() == np.float64(value).tobytes() or np.isnan(value)


# -- damage ---------------------------------------------------------------------------------------------------


def test_damaged_entries_are_made_again(fresh):
    rng = random.Random(5)
    folder = Path(fresh().folder)
    exec(textwrap.dedent(PROGRAM), {})
    whole = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    hurts = [lambda b: b"", lambda b: b[:len(b) // 2], lambda b: b[:-1], lambda b: b + b"x", lambda b: b"\0" * len(b),
             lambda b: _flipped(b, rng.randrange(len(b))), lambda b: _flipped(b, len(b) - 20)]
    for hurt in hurts:
        for path, content in whole.items():
            path.write_bytes(hurt(content))
        exec(textwrap.dedent(PROGRAM), {})
        assert len(whole) == sum(unpack(path.read_bytes()) is not None for path in folder.iterdir())


def _flipped(content, at):
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1:]


def test_no_flipped_bit_is_overlooked():
    entry = pack(b"library" * 20, b"data" * 10)
    assert unpack(entry) == (b"library" * 20, b"data" * 10)
    assert all(unpack(_flipped(entry, at)) is None for at in range(len(entry)))
    assert all(unpack(entry[:n]) is None for n in range(len(entry)))


def test_what_is_no_file_is_no_entry(tmp_path):
    store = Cache(str(tmp_path / "v2"))
    os.mkdir(store.path("folder"))
    os.mkfifo(store.path("pipe"))
    os.symlink("/etc/passwd", store.path("link"))
    assert [store.read(key) for key in ("folder", "pipe", "link", "none")] == [None] * 4


def test_a_valid_entry_that_is_no_program_is_a_miss(fresh):
    store = fresh()
    compiled(1.25)
    for content in (b"", b"[]", b"{}", b"[[],[],[],[],[],[],0,[[0,[[\"call\",\"os\",\"system\",[]]]]]]", b"\xff"):
        for path in Path(store.folder).iterdir():
            path.write_bytes(pack(b"no library", content))
        compiled(1.25)


# -- crowds -----------------------------------------------------------------------------------------------------


def test_crowds_and_killed_processes():
    """``python tools/stress_cache.py`` does the same for longer."""
    done = subprocess.run([sys.executable, ROOT / "tools" / "stress_cache.py", "--processes", "4", "--functions", "3",
                           "--rounds", "1", "--kills", "6"], capture_output=True, text=True, check=False,
                          env={k: v for k, v in os.environ.items() if k != "THEANO_FLAGS"})
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def test_what_another_makes_meanwhile_is_not_made_again(tmp_path):
    store, other, got = Cache(str(tmp_path / "v2")), Cache(str(tmp_path / "v2")), []

    def come():
        with other.claim("k") as found:
            got.append(found)

    with store.claim("k") as found:
        assert found is None
        second = threading.Thread(target=come)
        second.start()
        store.write("k", b"library", b"data")
    second.join()
    assert got == [(b"library", b"data")] and entries(tmp_path) == {"k.so"}


def test_nobody_waits_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "PATIENCE", 0)
    store = Cache(str(tmp_path / "v2"))
    with store.claim("k") as first, Cache(store.folder).claim("k") as second:
        assert first is None and second is None


def test_nobody_waits_for_a_process_that_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "PATIENCE", math.inf)
    program = f"""
        import os, signal
        from theano.codegen.cache import Cache
        with Cache({str(tmp_path / "v2")!r}).claim("k"):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == -signal.SIGKILL and entries(tmp_path) == {"busy-k"}
    with Cache(str(tmp_path / "v2")).claim("k") as found:
        assert found is None
    assert not entries(tmp_path)


def test_entries_used_longest_ago_go_first(tmp_path):
    store = Cache(str(tmp_path / "v2"), limit=5000)
    for k in range(10):
        store.write(str(k), b"x" * 900, b"")
        os.utime(store.path(str(k)), (1000 + k, 1000 + k))
    store.read("0")
    store.trim()
    assert {Path(path).stem for _, _, path in store.entries()} == {"0", "6", "7", "8", "9"}


def test_other_instruction_sets_make_other_entries(tmp_path):
    known, cpus = {"old": "sse2 avx", "new": "avx2 fma sse2 avx", "same": "avx fma tsc avx2 md_clear sse2"}, {}
    for name, flags in known.items():
        path = tmp_path / name
        path.write_text(f"processor\t: 0\nvmx flags\t: vnmi\nflags\t\t: {flags}\n")
        cpus[name] = f"from theano.codegen import build\nbuild.processor.__wrapped__.__defaults__ = ({str(path)!r},)\n"
    count = {}
    for name in ("old", "new", "old", "same"):
        run(tmp_path / "cache", before=cpus[name])
        count.setdefault(name, len(entries(tmp_path / "cache")))
    assert count["new"] == 2 * count["old"] == count["same"] == len(entries(tmp_path / "cache"))


@pytest.mark.parametrize(("vendor", "family", "flags", "halves"), [
    ("AuthenticAMD", "25", "sse2 avx512f", True), ("AuthenticAMD", "25", "sse2 avx2", False),
    ("AuthenticAMD", "26", "sse2 avx512f", False), ("GenuineIntel", "6", "sse2 avx512f", False)])
def test_cpus_that_halve_vectors(vendor, family, flags, halves, monkeypatch):
    known = {"vendor_id": vendor, "cpu family": family, "flags": flags}
    monkeypatch.setattr(build, "processor", lambda: known)
    assert ("-DTH_HALF_VECTORS" in build.flags()) == halves


@pytest.mark.parametrize(("vendor", "flags", "wide"), [
    ("GenuineIntel", "avx512f avx512_vbmi2", True), ("GenuineIntel", "avx512f", False), ("GenuineIntel", "avx2", False),
    ("AuthenticAMD", "avx512f avx512_vbmi2", False), (None, None, False)])
def test_cpus_that_gain_by_wide_vectors(vendor, flags, wide, monkeypatch):
    known = {} if vendor is None else {"vendor_id": vendor, "cpu family": "6", "flags": flags}
    monkeypatch.setattr(build, "processor", lambda: known)
    assert [flag in build.flags() for flag in ("-mprefer-vector-width=512", "-DTH_FULL_VECTORS")] == [wide, wide]


# -- places -------------------------------------------------------------------------------------------------------


def test_folders_of_others_are_refused(tmp_path):
    tmp_path.chmod(0o755)
    planted = tmp_path / "planted"
    planted.mkdir(mode=0o700)
    assert unsafe(str(planted)) is None
    link = tmp_path / "link"
    link.symlink_to(planted)
    assert "not a folder" in unsafe(str(link))
    file = tmp_path / "file"
    file.write_text("")
    assert unsafe(str(file)) is not None
    for mode in (0o777, 0o770, 0o702):
        planted.chmod(mode)
        assert "others may write" in unsafe(str(planted))
    planted.chmod(0o700)
    tmp_path.chmod(0o777)
    assert "anybody may write" in unsafe(str(planted))
    tmp_path.chmod(0o1777)
    assert unsafe(str(planted)) is None


def test_a_foreign_owner_is_refused(tmp_path, monkeypatch):
    store = Cache(str(tmp_path / "v2"))
    store.write("mine", b"library", b"data")
    assert store.read("mine") == (b"library", b"data")
    monkeypatch.setattr(cache, "_uid", lambda: os.getuid() + 1)
    assert store.read("mine") is None
    assert "belongs to somebody else" in unsafe(str(tmp_path / "v2"))
    assert Cache(str(tmp_path / "v2")).folder is None


def test_an_entry_that_others_may_write_is_refused(tmp_path):
    store = Cache(str(tmp_path / "v2"))
    store.write("mine", b"library", b"data")
    assert stat.S_IMODE(os.stat(store.path("mine")).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700
    os.chmod(store.path("mine"), 0o720)
    assert store.read("mine") is None


def test_a_refused_folder_leaves_the_cache_in_memory(tmp_path, fresh, caplog):
    planted = tmp_path / "planted"
    planted.mkdir()
    planted.chmod(0o777)
    with caplog.at_level(logging.INFO, logger="theano"):
        fresh(planted)
    assert len(caplog.records) == 1 and "others may write" in caplog.text
    assert [compiled(1.5).maker.compiled.cached for _ in range(2)] == [False, True]
    assert not list(planted.iterdir())


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(cache, "MEMORY", 1000)
    store = Cache(None)
    for k in range(20):
        store.write(str(k), b"x" * 100, b"y" * 100)
    assert [key for key in map(str, range(20)) if store.read(key)] == ["15", "16", "17", "18", "19"]


@pytest.mark.parametrize("environment", [{"HOME": "/nonexistent"}, {"HOME": "/dev/null"}, {"HOME": "/proc/1"}])
def test_without_a_home(environment):
    run("~/.theano", **environment)
    assert not os.path.exists("/nonexistent")


def test_a_user_without_an_entry_in_passwd(monkeypatch):
    def unknown(uid):
        raise KeyError(uid)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.delenv("HOME")
    with monkeypatch.context() as patch:
        patch.setitem(theano.config.__dict__, "base_compiledir", "~/.theano")
        assert cache.default_folder() is None


def test_a_place_that_is_read_only(fresh):
    """/proc is read-only even for root."""
    assert fresh("/proc/theano").folder is None
    compiled(1.75)


@pytest.mark.parametrize("call, code", [("mkstemp", errno.EROFS), ("mkstemp", errno.ENOSPC), ("fsync", errno.ENOSPC),
                                        ("replace", errno.EDQUOT)])
def test_a_disk_that_can_not_be_written(fresh, monkeypatch, call, code):
    store = fresh()
    owner = cache.tempfile if call == "mkstemp" else cache.os
    def full(*args, **kwargs):
        raise OSError(code, os.strerror(code))
    monkeypatch.setattr(owner, call, full)
    assert [compiled(2.25).maker.compiled.cached for _ in range(2)] == [False, True]
    assert not list(Path(store.folder).iterdir())


def test_libraries_are_loaded_from_memory_else_from_the_entry_else_from_a_copy(fresh, monkeypatch):
    """A file system mounted noexec, a kernel that runs nothing from memory."""
    store = fresh()
    opened, refused = [], []
    def dlopen(path, mode, original=build._ctypes.dlopen):
        opened.append(path)
        if path.startswith(tuple(refused)):
            raise OSError("failed to map segment from shared object: Operation not permitted")
        return original(path, mode)
    monkeypatch.setattr(build._ctypes, "dlopen", dlopen)
    refused.append(store.folder)
    assert [compiled(2.75).maker.compiled.cached for _ in range(2)] == [False, True]
    assert len(opened) == 2 and all(path.startswith("/proc/self/fd/") for path in opened)
    refused[:] = ["/proc/self"]
    compiled(2.75)
    assert opened[-1].startswith(store.folder)
    refused.append(store.folder)
    compiled(2.75)
    assert opened[-1].endswith("f.so") and not os.path.exists(opened[-1])


def test_libraries_keep_no_file_open(fresh):
    fresh()
    before = len(os.listdir("/proc/self/fd"))
    made = [compiled(k) for k in (4.25, 4.5, 4.75)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert len({f.fn.library.address("k0") for f in made}) == 3


def test_a_loaded_entry_may_be_truncated(fresh):
    store = fresh()
    f = compiled(5.25)
    for path in Path(store.folder).iterdir():
        path.write_bytes(b"")
    np.testing.assert_allclose(f([1.0]), np.tanh([5.25]) + 1)


def test_a_folder_that_vanishes(fresh):
    store = fresh()
    compiled(3.25)
    for path in Path(store.folder).iterdir():
        path.unlink()
    os.rmdir(store.folder)
    compiled(3.75)
    assert store.trim() == 0


def test_nothing_in_the_cache_is_pickled():
    for path in (ROOT / "src" / "theano" / "codegen").rglob("*.py"):
        text = path.read_text()
        assert "import pickle" not in text and "marshal" not in text and "eval(" not in text, path


def test_nodes_of_other_types_are_other_programs():
    n, m = tt.lscalars("n", "m")
    known, unknown = (theano.Apply(tt.alloc, [tt.constant(0.0), n, m], [tt.TensorType("float64", pattern)()]).outputs[0]
                      for pattern in ((True, False), (False, False)))
    assert theano.function([n, m], known)(1, 3).shape == (1, 3)
    assert theano.function([n, m], unknown)(2, 3).shape == (2, 3)
