"""``python -m theano`` and ``theano-cache``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import theano
import theano.tensor as tt
from theano.codegen import cache
from theano.compile.command import cache_main, main


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty cache in a folder of its own, with two entries, a damaged one and a file left by a writer."""
    monkeypatch.setattr(cache, "default_folder", lambda: str(tmp_path / "v2"))
    kept = cache.current()
    for k, size in enumerate((1000, 3000)):
        kept.write(f"key{k}", b"library" * size, b"data" if k else b"")
        os.utime(kept.path(f"key{k}"), (1e9 + k, 1e9 + k))
    Path(kept.path("bad")).write_bytes(b"cut")
    (tmp_path / "v2" / "tmp-old").write_bytes(b"half")
    return kept


def test_list_tells_what_lies_there(store, capsys):
    assert cache_main(["list"]) == 0
    first, second, *others, total = capsys.readouterr().out.splitlines()
    assert first.startswith("2001-09-09") and "6.9 KB" in first and first.endswith("key0")
    assert "kernels" in first and "program" in second
    assert sum("damaged" in line for line in others) == 2
    assert "4 entries" in total
    assert os.stat(store.path("key0")).st_mtime == 1e9          # looking is not using


def test_trim_removes_what_was_used_longest_ago(store, capsys):
    assert cache_main(["trim", "--megabytes", "0.021"]) == 0
    assert {store.key_of(path) for _, _, path in store.entries()} >= {"key1"}
    assert store.read("key0") is None
    assert "removed" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["check", "cleanup"])
def test_check_removes_what_is_damaged(store, action):
    assert cache_main([action]) == 0
    assert sorted(store.key_of(path) for _, _, path in store.entries()) == ["key0", "key1"]


@pytest.mark.parametrize("action", ["clear", "purge"])
def test_clear_removes_everything(store, action):
    assert cache_main([action]) == 0
    assert store.entries() == []


def test_without_an_action_it_tells_the_folder(store, capsys):
    assert cache_main([]) == 0
    assert capsys.readouterr().out.strip() == store.folder


def test_without_a_folder_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(cache, "default_folder", lambda: None)
    assert cache_main(["list"]) == 1
    assert "memory only" in capsys.readouterr().out


def test_functions_work_after_a_clear(store):
    x = tt.vector("x")
    theano.function([x], x * 3)
    assert cache_main(["clear"]) == 0
    assert theano.function([x], x * 3)([1, 2]).tolist() == [3, 6]


def test_main_passes_on(store, capsys):
    assert main(["cache", "clear"]) == 0 and store.entries() == []
    assert main(["doctor"]) == 0
    assert "C compiler" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["doctor", "now"])
    with pytest.raises(SystemExit):
        main([])


def test_from_the_shell():
    environment = {**os.environ, "PYTHONPATH": str(Path(theano.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-W", "error", "-m", "theano", "doctor"], env=environment, text=True,
                          capture_output=True, check=True)
    assert "functions are" in done.stdout and not done.stderr
