"""The programs of docs/loops.md, with what they print."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "loops.md"


def test_the_page_says_what_happens():
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(encoding="utf-8"), {}, PAGE.name, str(PAGE), 0)
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(test, out=said.append)
    assert runner.summarize(verbose=False) == (0, len(test.examples)), "".join(said)
    assert len(test.examples) > 25
