"""Pages of the documentation: their Python runs and gives what they show.

A page's Python is run from top to bottom, in one namespace:

* lines that begin with ``>>>`` are a session, whose results are compared;
* every other block marked ``python`` is a program, the file `train.py`. A block marked ``text`` right after it is what
  it prints, the error that ends it included.

``...`` stands for anything in what is shown.
"""

import contextlib
import doctest
import io
import linecache
import re
import shutil
from pathlib import Path

import pytest

import theano

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```python\n(?P<source>.*?)^```\n(?:\n*^```text\n(?P<shown>.*?)^```\n)?",
                    re.MULTILINE | re.DOTALL)
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
         if "```python" in path.read_text(encoding="utf-8") or ">>> " in path.read_text(encoding="utf-8")]


def sessions(text, names, line):
    """Run the sessions in a part of a page; the names afterwards."""
    test = doctest.DocTestParser().get_doctest(text.replace("```", ""), names, "page", "page", line)
    said = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(test, out=said.append, clear_globs=False)
    assert not runner.failures, "".join(said)
    return test.globs


def program(source, shown, names):
    """Run a program, and compare what it prints with what the page shows."""
    linecache.cache["train.py"] = (len(source), None, source.splitlines(keepends=True), "train.py")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(source, "train.py", "exec"), names)
        except Exception as error:
            if shown is None:
                raise
            print(f"{type(error).__name__}: {error}")
    printed = printed.getvalue()
    assert shown is None or doctest.OutputChecker().check_output(shown, printed, OPTIONS), printed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_is_true(path, tmp_path, monkeypatch, rewrites_restored):
    if path.stem == "drawing" and shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    monkeypatch.chdir(tmp_path)                         # for programs that write files
    monkeypatch.setattr(theano.config.traceback, "limit", 1)            # not the lines of the tests
    monkeypatch.setattr(theano.config, "mode", "FAST_RUN")              # pages show what the default mode does
    monkeypatch.setattr(theano.config, "linker", "cvm")
    text = path.read_text(encoding="utf-8")
    names, done = {"__name__": "__main__"}, 0
    for block in FENCED.finditer(text):
        if ">>> " not in block["source"]:
            names = sessions(text[done:block.start()], names, text.count("\n", 0, done))
            program(block["source"], block["shown"], names)
            done = block.end()
    sessions(text[done:], names, text.count("\n", 0, done))
