"""What profiles tell beside their tables: rewriting, memory, tips; traces; the mode that measures everything."""

import io
import itertools
import json
import re
import time
import types

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.compile import profiling
from theano.compile.peak_memory import Needs
from theano.compile.profile_sections import chrome_trace, memory_of, tips
from theano.graph.op import Op
from theano.graph.variable import Apply


@pytest.fixture(autouse=True)
def native_mode():
    """Whatever mode the tests run in."""
    with theano.config.change_flags(mode="Mode", linker="cvm"):
        yield


class Doubled(Op):
    """Twice x, in Python."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0]


def measured(outputs, inputs, *values, calls=3, **options):
    f = theano.function(inputs, outputs, profile=theano.ProfileStats(atexit_print=False), name="f", **options)
    for _ in range(calls):
        f(*values)
    return f


def summary(profile):
    file = io.StringIO()
    profile.summary(file)
    return file.getvalue()


def test_rewriting_is_told_by_phase_and_rule():
    x = tt.dvector("x")
    with theano.change_flags(profile_optimizer=True):
        f = measured(tt.log(1 + x * 3.25), [x], np.ones(3), mode=theano.Mode("py", "fast_run"))
        text = summary(f.profile)
    assert "Optimizer Profile" in text and "canonicalize" in text and "for rewriting" in text
    rows = [line.split() for line in text.split("<Rule>")[1].splitlines() if len(line.split()) == 3]
    assert "local_log1p" in {row[2] for row in rows}
    assert all(int(count) > 0 and float(seconds.rstrip("mnus")) > 0 for count, seconds, _ in rows)
    assert "Optimizer Profile" not in summary(f.profile)


def test_memory_with_and_without_what_saves_some():
    x = tt.dmatrix("x")
    value = np.ones((100, 100))
    f = measured(tt.dot(tt.exp(tt.dot(x.T, x) / 100), x).sum(axis=1), [x], value)
    found = memory_of(f)
    assert found["view"] >= value.nbytes                    # the transpose
    assert found["all"] >= found["view"] + found["inplace"]
    assert found["held"] == pytest.approx(f.memory_plan().bytes(value), rel=0.1)
    with theano.change_flags(profile_memory=True):
        text = summary(f.profile)
    for part in ("Max without gc, inplace and view (KB)", "Max FAST_RUN (KB)", "Memory saved by inplace (KB)"):
        assert part in text


def test_python_memory_is_a_sum():
    x = tt.dmatrix("x")
    f = measured(tt.exp(x) + 1, [x], np.ones((64, 64)), mode=theano.Mode("py", None))
    with theano.change_flags(profile_memory=True):
        assert re.search(r"Max without gc, inplace and view \(KB\) +64\n", summary(f.profile))


class DoubledSlowly(Doubled):
    """The same, which takes most of the time of a call on any machine, under any load."""

    def perform(self, node, inputs, output_storage):
        time.sleep(0.05)
        super().perform(node, inputs, output_storage)


def test_tips():
    x = tt.dmatrix("x")
    slow = measured(DoubledSlowly()(x) + tt.exp(x), [x], np.ones((300, 300)))
    assert any("run in Python (Doubled" in tip and "C code" in tip for tip in tips(slow.profile))
    assert any("floatX=float32" in tip for tip in tips(slow.profile))
    y = tt.fmatrix("y")
    single = measured(tt.exp(y), [y], np.ones((300, 300), "float32"))
    assert not any("floatX" in tip or "Python" in tip for tip in tips(single.profile))
    assert "tips to potentially make your code run faster" in summary(single.profile)
    python = measured(tt.exp(y), [y], np.ones((300, 300), "float32"), mode=theano.Mode("py", None))
    assert any("doctor" in tip for tip in tips(python.profile))


@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_traces_have_the_instructions_of_an_average_call(linker, tmp_path):
    x = tt.dmatrix("x")
    f = measured(tt.exp(tt.dot(x, x)).sum(), [x], np.ones((20, 20)), mode=theano.Mode(linker, "fast_run"))
    f.profile.to_chrome_trace(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert trace == json.loads(json.dumps(chrome_trace(f.profile)))
    call, *spans = (event for event in trace["traceEvents"] if event["ph"] == "X")
    assert call["name"] == "f" and call["args"]["calls"] == 3
    assert any(span["name"] == "Dot22" for span in spans)
    ends = [span["ts"] + span["dur"] for span in spans]
    assert all(span["ts"] == pytest.approx(end, abs=1e-6) for span, end in zip(spans[1:], ends, strict=False))
    assert ends[-1] <= call["dur"] * (1 + 1e-9)


def test_profile_mode_measures_every_function(monkeypatch):
    monkeypatch.setattr(profiling, "_to_print", [])             # what the end of the program prints
    mode = theano.ProfileMode("cvm", "fast_run")
    x = tt.dvector("x")
    f = theano.function([x], tt.exp(x), mode=mode, name="first")
    g = theano.function([x], tt.log(x), mode=mode, name="second")
    f([1.0])
    for _ in range(3):
        g([1.0])
    assert [p.fct_callcount for p in mode.profiles] == [1, 3]
    file = io.StringIO()
    assert profiling._to_print == mode.profiles
    with theano.change_flags({"ProfileMode.profile_memory": True}):
        mode.print_summary(file=file)
    text = file.getvalue()
    assert "<% total fct time> <total time> <time per call> <nb call> <fct name>" in text
    assert "4 calls to Function.__call__" in text and "Memory profile" in text
    assert "first" in text and "second" in text


def test_profile_mode_by_name():
    assert isinstance(theano.compile.mode.get_mode("ProfileMode"), theano.ProfileMode)
    own = theano.ProfileStats(atexit_print=False)
    x = tt.dvector("x")
    f = theano.function([x], x + 1, mode=theano.ProfileMode("cvm", "fast_run"), profile=own)
    assert f.profile is own


def two_products():
    """Two large intermediate values that need not exist at the same time, though they are computed one by one."""
    x, y = tt.dmatrices("x", "y")
    big = [tt.dot(tt.exp(v), v.T) for v in (x, y)]
    f = theano.function([x, y], [tt.dot(big[0], x), tt.dot(big[1], y)], profile=theano.ProfileStats(False), name="f")
    f(np.ones((300, 2)), np.ones((300, 2)))
    return f


def test_the_least_peak_of_all_orders():
    f = two_products()
    with theano.change_flags({"profile_memory": True, "profiling.min_peak_memory": True}):
        text = summary(f.profile)
    with theano.change_flags(profile_memory=True):
        assert "Minimum peak" not in summary(f.profile)
    least = int(re.search(r"Minimum peak from all valid apply node order is (\d+)KB \(took", text)[1])
    used = int(re.search(r"Peak in the order in which nodes run is (\d+)KB", text)[1])
    assert 300 * 300 * 8 // 1024 <= least <= 300 * 300 * 8 // 1024 + 30 <= used + 30


@pytest.mark.parametrize("seed", range(8))
def test_the_least_peak_is_that_of_some_order_and_none_is_better(seed):
    needs = random_needs(np.random.default_rng(seed), 6)
    orders = [o for o in itertools.permutations(range(6))
              if all(needs.after[n] <= set(o[:k]) for k, n in enumerate(o))]
    assert needs.least_peak() == (min(map(needs.peak, orders)), True)


def random_needs(rng, count):
    """A program of ``count`` instructions, each of which reads one or two earlier results, or the input 0."""
    slots = [("float64", 1, "input", -1, 0, 0), *(("float64", 1, "buffer", k, k + 1, 0) for k in range(count))]
    code = [("loop", sorted({int(rng.integers(0, k + 1)) for _ in range(2)}), [k + 1], [], None, None, 0)
            for k in range(count)]
    program = types.SimpleNamespace(slots=slots, code=code, outputs=[count], updates=[])
    return Needs(program, [0, *map(int, rng.integers(1, 100, count))])


def test_graphs_are_printed_on_request():
    x = tt.dvector("x")
    f = measured(tt.exp(x) + 1, [x], np.ones(3))
    with theano.change_flags({"profiling.debugprint": True}):
        assert "Elemwise{Composite{" in summary(f.profile) and " |x [id B]" in summary(f.profile)
    assert "[id" not in summary(f.profile)
