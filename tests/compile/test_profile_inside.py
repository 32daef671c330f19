"""Profiles of the steps of loops and of branches."""

import io

import numpy as np
import pytest
from theano.ifelse import ifelse

import theano
import theano.tensor as tt
from theano.compile import profiling
from theano.compile.profile_sections import chrome_trace
from theano.compile.profiling import LoopProfiles

x, w = tt.dmatrices("x", "w")
MODES = pytest.mark.parametrize("mode", [theano.Mode("cvm", "fast_run"), theano.Mode("vm", "fast_compile"),
                                         theano.Mode("py", "fast_run")], ids=["native", "prebuilt", "python"])
VALUES = np.ones((40, 3)) / 8, np.ones((3, 3)) / 8


def measured(outputs, mode=None, calls=4, **options):
    f = theano.function([x, w], outputs, mode=mode, on_unused_input="ignore",
                        **options or {"profile": theano.ProfileStats(atexit_print=False)})
    for _ in range(calls):
        f(*VALUES)
    return f


def network(rows=x, **options):
    return theano.scan(lambda r, h: tt.tanh(tt.dot(h, w) + r), rows, tt.zeros(3, "float64"), name="net", **options)[0]


def summary(profile):
    file = io.StringIO()
    profile.summary(file)
    return file.getvalue()


@MODES
def test_steps_are_counted_and_timed(mode):
    profile = measured(network()[-1], mode).profile
    inside, = profile.loops
    assert inside.name == "for{cpu,net}" and inside.fct_callcount == 160
    products = [r for r in inside.records() if r.calls == 160 and type(r.op).__name__ in ("Gemv", "Dot")]
    assert products and all(r.line.endswith("name=\"net\", **options)[0]") for r in products)
    assert inside.class_time()[type(products[0].op)] == pytest.approx(sum(r.seconds for r in products))
    assert sum(inside.op_time().values()) == pytest.approx(sum(inside.apply_time.values()))


@MODES
def test_the_parts_are_no_more_than_the_whole(mode):
    profile = measured(network()[-1], mode, calls=30).profile
    loop, = (r for r in profile.records() if r.inside)
    inside, = loop.inside
    parts = sum(inside.apply_time.values())
    assert 0 < parts <= loop.seconds * (1 + 1e-9) <= profile.vm_call_time * (1 + 1e-9)
    assert inside.fct_call_time == pytest.approx(loop.seconds) or not loop.native


def test_what_runs_in_the_first_step_only_is_counted_once():
    inside, = measured(network()[-1], theano.Mode("cvm", "fast_run")).profile.loops
    assert {r.calls for r in inside.records()} == {4, 160}


@MODES
def test_loops_within_loops_and_branches(mode):
    def step(r):
        inner = theano.scan(lambda e, h: tt.tanh(tt.dot(w, h) * e), r, r, name="inner")[0]
        return ifelse(r[0] > 0, tt.dot(w, inner[-1]), r)
    outer = theano.scan(step, x, name="outer")[0]
    profile = measured(outer, mode).profile
    found = {inside.name: inside for inside in profile.loops}
    assert found["for{cpu,outer}"].fct_callcount == 160 and found["for{cpu,inner}"].fct_callcount == 480
    assert [inside.name for inside in profile.records()[-1].inside] in (["for{cpu,outer}"], [])
    text = summary(profile)
    assert "Inside for{cpu,outer}\n=====" in text and "Inside for{cpu,inner}\n=====" in text
    assert "Time in 480 steps" in text and text.count("<Apply name>") == 1 + sum(
        inside.fct_callcount > 0 for inside in profile.loops)


def test_a_loop_of_scalar_work_is_one_line():
    y = theano.scan(lambda r, h: tt.exp(-r * h) + h, x[:, 0], tt.constant(np.float64(0)), name="numbers")[0]
    inside, = measured(y[-1], theano.Mode("cvm", "fast_run")).profile.loops
    record, = inside.records()
    assert record.fused == 3 and record.native and record.calls == 4 and "3 fused with it" in summary(inside)


def test_traces_have_the_steps_within_their_loop():
    events = chrome_trace(measured(network()[-1]).profile)["traceEvents"]
    loop, = (e for e in events if e["name"] == "for{cpu,net}")
    steps = [e for e in events if e["ph"] == "X" and e["args"]["calls"] == 160]
    assert len(steps) >= 2
    for e in steps:
        assert loop["ts"] <= e["ts"] and e["ts"] + e["dur"] <= (loop["ts"] + loop["dur"]) * (1 + 1e-9)


def test_memory_of_a_step():
    with theano.change_flags({"profile_memory": True, "profiling.min_memory_size": 0}):
        text = summary(measured(network()[-1], theano.Mode("cvm", "fast_run")).profile)
    assert "24B  Elemwise{tanh" in text[text.index("Inside for{cpu,net}"):]


def test_the_first_call_need_not_count():
    with theano.change_flags({"profiling.ignore_first_call": True}):
        inside, = measured(network()[-1], theano.Mode("cvm", "fast_run")).profile.loops
    assert inside.fct_callcount == 120


@pytest.mark.parametrize("asked, title", [(True, "for{cpu,net}"), ("my net", "my net")])
def test_a_loop_that_asks_for_it(asked, title, monkeypatch):
    printed = []
    monkeypatch.setattr(profiling, "_to_print", printed)
    f = measured([network(profile=asked)[-1], network(x[::-1])[-1]], name="f", profile=None)
    assert isinstance(f.profile, LoopProfiles) and printed == [f.profile]
    text = summary(f.profile)
    assert text.startswith(f"Inside {title}\n") and text.count("Inside") == 1 and "Time in 160 steps" in text
    assert measured(network()[-1], name="f", profile=None).profile is None


def test_nothing_is_measured_where_nobody_asks():
    f = measured(network()[-1], theano.Mode("cvm", "fast_run"), profile=None)
    assert all(calls == 0 for _, (calls, _), _, inside in f.fn.measured() for _, (calls, _), *_ in sum(inside, []))
