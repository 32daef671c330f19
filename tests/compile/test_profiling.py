"""Profiles of functions."""

import copy
import io
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import profiling
from theano.compile.mode import Mode
from theano.compile.profiling import ProfileStats

RUNS = {"native": Mode("cvm", "fast_run"), "python": Mode("py", "fast_run")}
run = pytest.mark.parametrize("mode", RUNS.values(), ids=RUNS)


def profiled(mode, profile=None, calls=3):
    x = T.dmatrix("x")
    profile = ProfileStats(atexit_print=False) if profile is None else profile
    f = theano.function([x], T.exp(T.dot(x, x)).sum(), mode=mode, profile=profile, name="forward")
    for _ in range(calls):
        f(np.ones((40, 40)) / 40)
    return f


def summary(profile):
    file = io.StringIO()
    profile.summary(file)
    return file.getvalue()


@run
def test_a_profile_counts_calls_and_times_nodes(mode):
    f = profiled(mode)
    profile = f.profile
    assert profile.fct_callcount == 3
    assert profile.fct_call_time >= profile.vm_call_time >= sum(profile.apply_time.values()) > 0
    assert {calls for node, calls in profile.apply_callcount.items() if isinstance(node, theano.Apply)} == {3}
    assert sum(profile.op_time().values()) == pytest.approx(sum(profile.class_time().values()))
    assert sum(profile.class_nodes().values()) == profile.nb_nodes
    names = [getattr(kind, "__name__", kind) for kind in profile.class_callcount()]
    assert "Dot22" in names
    kinds = {"C"} if mode is RUNS["native"] else {"Py"}
    assert set(profile.op_impl().values()) == kinds == set(profile.class_impl().values())
    assert profile.compile_time > profile.optimizer_time >= 0


@run
def test_the_summary_names_function_nodes_and_lines(mode):
    text = summary(profiled(mode).profile)
    for expected in ("Message: forward", "3 calls to Function.__call__", "Class", "Ops", "Lines", "Apply", "Dot22",
                     "test_profiling.py:", "T.exp(T.dot(x, x)).sum()"):
        assert expected in text
    table = text.split("Apply\n---")[1].split("\n\n")[0]
    shares = [line.split("%")[0] for line in table.splitlines()[2:] if "%" in line]
    assert sum(float(s) for s in shares if "..." not in s) == pytest.approx(100, abs=1)


@run
def test_lines_beyond_the_limit_are_summed_up(mode):
    profile = profiled(mode).profile
    file = io.StringIO()
    profile.summary(file, n_ops_to_print=1, n_apply_to_print=1)
    assert f"(remaining {profile.nb_nodes - 1} Apply account for" in file.getvalue()


@run
def test_functions_share_a_profile(mode):
    shared = ProfileStats(atexit_print=False, message="both")
    profiled(mode, shared, 2)
    profiled(mode, shared, 3)
    assert shared.fct_callcount == 5 and "Message: both" in summary(shared)


@run
def test_memory_is_told_on_request(mode):
    f = profiled(mode)
    assert "Memory profile" not in summary(f.profile)
    with theano.change_flags(profile_memory=True):
        text = summary(f.profile)
    assert "Theano fct: forward" in text and re.search(r" 12800B +Dot22\(x, x\)", text)


@run
def test_the_first_call_can_be_left_out(mode):
    with theano.change_flags(**{"profiling.ignore_first_call": True}):
        f = profiled(mode)
    assert f.profile.fct_callcount == 2 and {r.calls for r in f.profile.records()} == {2}


@run
def test_functions_without_a_profile_are_not_measured(mode):
    x = T.dvector()
    assert theano.function([x], x + 1, mode=mode).profile is None
    with theano.change_flags(profile=True):
        assert theano.function([x], x + 1, mode=mode, profile=False).profile is None
        f = theano.function([x], x + 1, mode=mode)
    profiling._to_print.remove(f.profile)
    f([1])
    assert f.profile.fct_callcount == 1


@run
@pytest.mark.parametrize("twin", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_copies_are_measured_on_their_own(mode, twin):
    f = profiled(mode)
    g = twin(f)
    g(np.ones((2, 2)))
    assert g.profile.fct_callcount == 1 and f.profile.fct_callcount == 3


def test_a_program_that_was_cached_has_the_same_profile():
    first, second = (set(map(str, profiled(RUNS["native"]).profile.records())) for _ in range(2))
    assert {text.split(" at ")[0] for text in first} == {text.split(" at ")[0] for text in second}


def test_printers_come_last():
    printer = profiling.register_profiler_printer(lambda file: print("that was all", file=file))
    assert summary(ProfileStats(atexit_print=False)).endswith("that was all\n")
    profiling._printers.remove(printer)


PROGRAM = """
import theano, theano.tensor as T
x = T.dvector('x')
f, g = (theano.function([x], x + k, profile=p) for k, p in [(1, True), (2, 'the second')])
f([1]); g([1]); g([2])
"""


def test_profiles_are_printed_at_the_end_of_the_program(tmp_path):
    path = tmp_path / "profile.txt"
    subprocess.run([sys.executable, "-c", PROGRAM], check=True,
                   env={**os.environ, "THEANO_FLAGS": f"profiling.destination={path}"})
    text = path.read_text(encoding="utf-8")
    assert text.count("Function profiling") == 3 and "Message: the second" in text
    assert "Sum of all(2) printed profiles" in text and "Time in 3 calls" in text


def test_short_calls_of_which_some_are_measured_are_counted():
    x = T.dvector("x")
    f = theano.function([x], T.dot(x, x) + 1, profile=ProfileStats(False))
    for _ in range(500):
        f(np.ones(3))
    assert f.profile.fct_callcount == 500
    assert set(f.profile.apply_callcount.values()) == {500}
    assert 0 < sum(f.profile.apply_time.values()) and 0 < f.profile.vm_call_time
