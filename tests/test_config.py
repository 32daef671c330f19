"""Flags: the table equals the recorded one; values come from the environment, files and code."""

import copy
import csv
import json
import os
import re
import subprocess
import sys
import timeit
from pathlib import Path

import pytest

import theano
from theano.config import BY_NAME, FLAGS, ChangeFlags, config, nearest, read_environment, read_file
from theano.errors import FlagError

RECORDED = Path(__file__).parent / "data" / "flags.tsv"
OURS = {"num_threads", "DebugMode.check_input_layouts", *(f"ProfileMode.{name}" for name in (
    "min_memory_size", "n_apply_to_print", "n_ops_to_print", "profile_memory"))}
MORE_WORDS = {"cast_policy": {"numpy2", "floatX"}, "floatX": {"bfloat16"}}    # what we accept beyond the original
WIDER = {"gpuarray.preallocate": float}                 # a fraction is allowed

MISSPELT = {
    "flotX": "floatX", "floatx": "floatX", "float_X": "floatX", "FloatX": "floatX",
    "devise": "device", "devcie": "device", "optimiser": "optimizer", "optimzer": "optimizer",
    "modes": "mode", "linkr": "linker", "opnmp": "openmp", "open_mp": "openmp",
    "profle": "profile", "exeption_verbosity": "exception_verbosity",
    "exception_verbose": "exception_verbosity", "compute_test_values": "compute_test_value",
    "computetestvalue": "compute_test_value", "on_unused_inputs": "on_unused_input",
    "blas.ldflag": "blas.ldflags", "ldflags": "blas.ldflags", "blas_ldflags": "blas.ldflags",
    "gcc.ldflags": "blas.ldflags", "gcc.cxxflag": "gcc.cxxflags", "cxxflags": "gcc.cxxflags",
    "base_compile_dir": "base_compiledir", "basecompiledir": "base_compiledir",
    "dnn.enable": "dnn.enabled", "DebugMode.patence": "DebugMode.patience",
    "tensor.local_elemwise_fuson": "tensor.local_elemwise_fusion",
    "ignore_bug_before": "warn.ignore_bug_before", "allowgc": "allow_gc",
    "scan.allowgc": "scan.allow_gc", "warnfloat64": "warn_float64", "numthreads": "num_threads",
}  # fmt: skip


def recorded():
    with open(RECORDED, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def in_process(code, rc=None, tmp_path=None, flags=""):
    """What ``code`` prints, parsed as JSON, in a fresh process with these flags."""
    path = os.devnull
    if rc is not None:
        path = tmp_path / "theanorc"
        path.write_text(rc, encoding="utf-8")
    env = {**os.environ, "THEANO_FLAGS": flags, "THEANORC": str(path)}
    done = subprocess.run([sys.executable, "-c", "import json; from theano.config import config; " + code],
                          env=env, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("row", recorded(), ids=lambda row: row["name"])
def test_flag_is_as_recorded(row):
    flag = BY_NAME[row["name"]]
    words = set(row["kind"].split())
    if isinstance(flag.kind, tuple):
        assert set(flag.kind) == words | MORE_WORDS.get(flag.name, set())
    else:
        assert flag.kind is WIDER.get(flag.name) or {flag.kind.__name__} == words
    assert flag.frozen == (row["settable"] == "no")
    if not callable(flag.default):
        assert repr(flag.default) == row["default"] or float(flag.default) == float(row["default"])


def test_no_other_flags():
    assert {flag.name for flag in FLAGS} - OURS == {row["name"] for row in recorded()}
    assert len({flag.name for flag in FLAGS}) == len(FLAGS)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_every_flag_has_a_value_and_can_be_changed_for_a_while(flag):
    value = config.get(flag.name)
    assert flag.convert(value) == value
    assert flag.doc
    with config.change_flags({flag.name: value}):
        assert config.get(flag.name) == value


@pytest.mark.parametrize("wrong", sorted(MISSPELT))
def test_misspelt_flags_name_the_nearest(wrong):
    assert nearest(wrong) == MISSPELT[wrong]
    with pytest.raises(FlagError, match=re.escape(f"{wrong!r}. Did you mean {MISSPELT[wrong]}?")):
        ChangeFlags({wrong: "1"})


def test_there_are_many_misspelt_flags():
    assert len(MISSPELT) >= 30


def test_misspelt_attributes_are_errors_of_the_usual_classes():
    assert not hasattr(config, "flotX")
    with pytest.raises(AttributeError, match="floatX"):
        _ = config.flotX
    with pytest.raises(FlagError, match="floatX"):
        config.flotX = "float32"
    with pytest.raises(FlagError, match="blas.ldflags"):
        config.blas.ldflag = ""
    with pytest.raises(KeyError, match="ldflags"):
        config.get("blass.ldflags")
    with pytest.raises(FlagError, match="can't be deleted"):
        del config.floatX


def test_misspelt_in_environment_or_file(tmp_path):
    assert "THEANO_FLAGS: unknown flag 'flotX'. Did you mean floatX?" in in_process("", flags="flotX=float32")
    error = in_process("", rc="[blas]\nldflag = -lblas\n", tmp_path=tmp_path)
    assert "theanorc: unknown flag 'blas.ldflag'. Did you mean blas.ldflags?" in error


@pytest.mark.parametrize(("name", "value", "message"), [
    ("floatX", "float", "use one of float64, float32, float16, bfloat16"),
    ("profile", "maybe", "needs True or False, got 'maybe'"),
    ("num_threads", "two", "needs a value of type int, got 'two'"),
    ("num_threads", True, "needs a number"),
    ("optimizer", "fast", "can't be 'fast': use one of o4"),
])
def test_impossible_values(name, value, message):
    before = config.get(name)
    with pytest.raises(ValueError, match=message):
        setattr(config, name, value)
    with pytest.raises(FlagError, match=message), config.change_flags({"on_opt_error": "warn", name: value}):
        pass
    assert config.get(name) == before
    assert config.on_opt_error == "raise"                # nothing is changed by a change that fails


@pytest.mark.parametrize(("text", "value"), [("True", True), ("1", True), ("on", True), ("false", False),
                                             ("0", False), (False, False), (1, True)])
def test_truth(text, value):
    assert BY_NAME["profile"].convert(text) is value


def test_order_of_sources(tmp_path):
    rc = "[global]\nfloatX = float32\nmode = FAST_COMPILE\n[blas]\nldflags = -lmyblas -lm\n"
    code = ("config.openmp = True; names = ['floatX', 'mode', 'blas.ldflags', 'openmp', 'profile']; "
            "print(json.dumps([[config.get(n), config.origins[n]] for n in names]))")
    found = in_process(code, rc, tmp_path, flags="floatX=float16, profile=False,")
    assert found == [["float16", "env"], ["FAST_COMPILE", "rc"], ["-lmyblas -lm", "rc"], [True, "code"],
                     [False, "env"]]


def test_flags_of_the_original_continuous_integration(tmp_path):
    flags = f"warn.ignore_bug_before=all,on_opt_error=raise,on_shape_error=raise,base_compiledir={tmp_path / 'base'}"
    assert in_process("print(json.dumps([config.warn.ignore_bug_before, config.compiledir]))", flags=flags) == [
        "all", str(tmp_path / "base" / "v2")]
    assert (tmp_path / "base" / "v2").is_dir(), "programs write to that folder"


def test_reading():
    assert read_environment("a=b, c.d=e=f,,") == {"a": "b", "c.d": "e=f"}
    with pytest.raises(FlagError, match="'floatX' is not of the form name=value"):
        read_environment("floatX")


def test_broken_file_names_itself(tmp_path):
    path = tmp_path / "rc"
    path.write_text("floatX = float32\n")
    with pytest.raises(FlagError, match="rc can't be read"):
        read_file(path)


def test_change_flags_everywhere():
    assert theano.change_flags is theano.configparser.change_flags is ChangeFlags
    before = config.origins["floatX"] if config.floatX else None
    for change in (config.change_flags, config, theano.change_flags):
        with change(floatX="float32", **{"blas.ldflags": ""}):
            assert (config.floatX, config.blas.ldflags, config.origins["floatX"]) == ("float32", "", "code")
        assert config.floatX == "float64"
        assert config.origins["floatX"] == before

    @config.change_flags(floatX="float16")
    def inside(depth):
        return [config.floatX] + (inside(depth - 1) if depth else [])
    assert inside(1) == ["float16", "float16"]
    with pytest.raises(ZeroDivisionError), config.change_flags(floatX="float32"):
        _ = 1 / 0
    assert config.floatX == "float64"


def test_frozen_flags():
    for change in (lambda: setattr(config, "device", "cuda"),
                   lambda: config.change_flags(device="cuda").__enter__()):
        with pytest.raises(FlagError, match="device can't be changed after import: set it in THEANO_FLAGS"):
            change()
    config.device = config.device


def test_show(capsys):
    config.show()
    shown = capsys.readouterr().out
    assert shown == str(config) + "\n"
    assert "floatX = 'float64'  (default)\n    default float dtype" in shown
    assert "on_opt_error = 'raise'  (env)" in shown
    assert len(shown.splitlines()) == 2 * len(BY_NAME)


def test_reading_a_flag_costs_as_much_as_reading_an_attribute():
    class Plain:
        pass
    plain = Plain()
    plain.floatX = config.floatX
    times = [min(timeit.repeat("c.floatX", globals={"c": c}, number=20000, repeat=15)) for c in (config, plain)]
    assert times[0] < 3 * times[1] + 20000 * 20e-9


def test_declared_flags():
    old = theano.configparser
    old.AddConfigVar("mine.level", "a level", old.IntParam(3, lambda v: v > 0))
    old.AddConfigVar("mine.colour", "a colour", old.EnumStr("red", "green", allow_override=False))
    old.THEANO_FLAGS_DICT["mine.given"] = "0.5"
    old.AddConfigVar("mine.given", "given", old.FloatParam(1.0))
    old.AddConfigVar("mine.on", "switch", old.BoolParam(False))
    old.AddConfigVar("mine.text", "text", old.StrParam(lambda: "made"))
    old.AddConfigVar("mine.shape", "a shape", old.EnumStr(lambda: "oval", "round", "oval"))
    old.AddConfigVar("mine.any", "anything", old.ConfigParam("x", filter=str.upper))
    try:
        assert (config.mine.level, config.mine.colour, config.mine.given, config.mine.on, config.mine.text,
                config.mine.any) == (3, "red", 0.5, False, "made", "X")
        assert "mine.given" not in old.THEANO_FLAGS_DICT
        config.mine.level = "4"
        assert config.mine.level == 4
        with pytest.raises(FlagError, match="mine.level can't be 0"):
            config.mine.level = 0
        with pytest.raises(FlagError, match="after import"):
            config.mine.colour = "green"
        with pytest.raises(FlagError, match="exists already"):
            old.AddConfigVar("mine.on", "again", old.BoolParam(False))
        with pytest.raises(FlagError, match="use one of"):
            old.AddConfigVar("mine.form", "a form", old.EnumStr(lambda: "oval", "round"))
        assert config.mine.shape == "oval" and "mine.form" not in BY_NAME
    finally:
        for name in [name for name in BY_NAME if name.startswith("mine.")]:
            del BY_NAME[name]


def test_programs_go_through_all_flags():
    """As PyMC3 does, which keeps the values of a model's flags and sets them again."""
    every = {flag.fullname: flag for flag in theano.configparser._config_var_list}
    before = {name: flag.__get__(True, None) for name, flag in every.items()}
    assert before.keys() == BY_NAME.keys() and before["blas.ldflags"] == config.blas.ldflags
    level = every["exception_verbosity"]
    try:
        level.__set__(None, "high")
        assert config.exception_verbosity == level.__get__(config, type(config)) == "high"
        with pytest.raises(FlagError, match="use one of"):
            level.__set__(None, "loud")
    finally:
        level.__set__(None, before["exception_verbosity"])


def test_a_copy_is_the_same_flags():
    """Programs keep a copy and put it in the place of ``theano.config``."""
    assert copy.copy(config) is config and copy.deepcopy(config.blas) is config.blas
