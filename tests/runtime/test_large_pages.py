"""Buffers of medium size lie in large pages, which functions share and give back."""

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import theano
import theano.tensor as tt

NATIVE = theano.Mode(linker="cvm", optimizer="fast_run")
IN_LARGE_PAGES = """
    import gc, re
    import numpy as np, theano, theano.tensor as tt

    def large_pages():                  # bytes in memory of the regions for which large pages were asked
        regions = re.split(r"^[0-9a-f]+-[0-9a-f]+ ", open("/proc/self/smaps").read(), flags=re.MULTILINE)
        return 1024 * sum(int(re.search(r"^Rss: +([0-9]+)", r, re.MULTILINE)[1]) for r in regions
                          if re.search(r"^VmFlags:.* hg( |$)", r, re.MULTILINE))

    x = tt.dvector("x")
    rows, _ = theano.scan(lambda row, total: tt.tanh(total + row), [x], [tt.zeros((1000,))])
    f = theano.function([x], theano.grad((rows ** 2).sum(), x))
    found = [large_pages()]
    for n in (20, 200):                 # 8 KB of each of these are kept, in several buffers
        f(np.linspace(0, 1, n))
        found.append(large_pages())
    del f
    gc.collect()
    print(*found, large_pages())
"""


def keeps_rows():
    """A function that keeps what a loop made between its calls, in buffers of 8 KB times the numbers given."""
    x = tt.dvector("x")
    rows, _ = theano.scan(lambda row, total: tt.tanh(total + row), [x], [tt.zeros((1000,))])
    return theano.function([x], theano.grad((rows ** 2).sum(), x), mode=NATIVE)


@pytest.mark.skipif(not os.path.exists("/sys/kernel/mm/transparent_hugepage")
                    or "asan" in os.environ.get("LD_PRELOAD", ""),
                    reason="reads /proc, where a sanitizer has large pages of its own")
def test_buffers_come_from_large_pages_and_go_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(IN_LARGE_PAGES)], check=True, capture_output=True,
                          text=True)
    before, few, many, after = map(int, done.stdout.split())
    assert few == before, "a large page would be most of what little is kept"
    assert many > before + 1_500_000
    assert after <= before + 65536


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
