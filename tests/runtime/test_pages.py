"""Buffers of medium size lie in large pages, which functions share and give back."""

import gc
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as tt

NATIVE = theano.Mode(linker="cvm", optimizer="fast_run")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def large_pages():
    """Kilobytes in memory of all regions for which large pages were asked."""
    regions = re.split(r"^[0-9a-f]+-[0-9a-f]+ ", Path("/proc/self/smaps").read_text(), flags=re.MULTILINE)
    return sum(int(re.search(r"^Rss: +(\d+)", r, re.MULTILINE)[1]) for r in regions
               if re.search(r"^VmFlags:.* hg( |$)", r, re.MULTILINE))


def keeps_rows():
    """A function that keeps what a loop made between its calls, in buffers of 8 bytes times the numbers given."""
    x = tt.dvector("x")
    rows, _ = theano.scan(lambda row, total: tt.tanh(total + row), [x], [tt.zeros((1000,))])
    return theano.function([x], theano.grad((rows ** 2).sum(), x), mode=NATIVE)


@linux_only
def test_buffers_come_from_large_pages_and_go_back_to_the_system():
    f = keeps_rows()
    before = large_pages()
    f(np.linspace(0, 1, 200))                               # rows of 1.6 MB
    assert large_pages() >= before + 1500
    del f
    gc.collect()
    assert large_pages() <= before + 64


def test_buffers_that_grow_and_shrink_keep_their_values():
    f, plain = keeps_rows(), {}
    for n in (10, 100, 30, 500, 120, 700, 16, 300):         # 0.08 to 5.6 MB
        x = np.linspace(-1, 1, n)
        plain[n] = keeps_rows()(x)
        np.testing.assert_array_equal(f(x), plain[n])
    np.testing.assert_array_equal(f(np.linspace(-1, 1, 300)), plain[300])


def test_threads_take_and_free_buffers_at_once():
    numbers = np.linspace(0, 1, 100)
    expected, wrong = keeps_rows()(numbers), []

    def work():
        for n in (100, 150, 100):
            f = keeps_rows()
            found = f(np.linspace(0, 1, n))
            if n == 100 and not np.array_equal(found, expected):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
