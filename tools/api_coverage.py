"""Compares the public names, signatures and members of the package with tables of the original's.

    python tools/api_coverage.py [FOLDER] [--module NAME] [--quiet]

FOLDER has the tables theano-api.tsv and theano-members.tsv (default: ../shared/api beside the repository). For each
module it says how many names exist with a signature that takes every call the original's takes, what differs, which
names are absent for a reason of the table below, and which are absent without one. The exit status is 1 when there
are any of the last kind.
"""

import argparse
import ast
import csv
import fnmatch
import importlib
import inspect
import re
import sys
import warnings
from collections import Counter
from pathlib import Path

MODULES = """
theano theano.tensor theano.tensor.basic theano.tensor.elemwise theano.tensor.extra_ops theano.tensor.subtensor
theano.tensor.sort theano.tensor.slinalg theano.tensor.nlinalg theano.tensor.fft theano.tensor.fourier
theano.tensor.inplace theano.tensor.utils theano.tensor.xlogx theano.tensor.var theano.tensor.type
theano.tensor.type_other theano.tensor.io theano.tensor.sharedvar theano.scalar theano.scalar.basic
theano.scalar.basic_scipy theano.scalar.sharedvar theano.sandbox.linalg theano.typed_list theano.typed_list.basic
theano.typed_list.type theano.gradient theano.updates theano.raise_op theano.compile.builders theano.gof
theano.gof.graph theano.gof.fg theano.gof.op theano.gof.opt theano.gof.toolbox theano.gof.link theano.gof.utils
theano.gof.type theano.gof.optdb theano.gof.sched theano.gof.destroyhandler theano.gof.vm theano.gof.null_type
theano.gof.params_type theano.gof.callcache theano.gof.cc
""".split()
CLASSES = {                         # class of the table of members -> where it is
    "TensorVariable": "theano.tensor", "TensorConstant": "theano.tensor", "TensorType": "theano.tensor",
    "TensorSharedVariable": "theano.tensor.sharedvar", "ScalarVariable": "theano.scalar",
    "SparseVariable": "theano.sparse", "Variable": "theano", "Constant": "theano", "Type": "theano", "Op": "theano",
    "Apply": "theano", "Elemwise": "theano.tensor", "DimShuffle": "theano.tensor", "CAReduce": "theano.tensor",
    "OrderedUpdates": "theano", "FunctionGraph": "theano", "In": "theano", "Out": "theano", "Mode": "theano",
    "OpFromGraph": "theano"}

JUSTIFIED = (                       # module, name, why its absence is right; patterns as in a shell
    ("*", "PY3", "a constant of Python 2 times, re-imported by the way"),
    ("*", "integer_types", "helper of Python 2 times, re-imported by the way"),
    ("*", "_logger", "the module's own logger"),
    ("*", "logger", "the module's own logger"),
    ("*", "tests", "the original's own tests"),
    ("*", "test", "ran the original's own tests"),
    ("*", "*.__slots__", "all objects have a dict"),
    ("*", "*.__setstate__", "pickles hold the attributes as they are"),
    ("*", "object2", "the original's own base class of Python 2 times"),
    ("*", "frozendict", "helper that the module re-imports"),
    ("*", "blas_*", "the original's C code around a BLAS"),
    ("*", "elemwise_cgen", "the original's C code of elementwise ops"),
    ("*", "opt_uncanonicalize", "rewrites of the original, which have other names here: see theano.rewrite"),
    ("*", "constructor", "decorator that lists functions for the original's documentation"),
    ("*", "sparse_module_ref", "where the original kept a module that it imported late"),
    ("*", "inc_code", "the original's C code of an op"),
    ("*", "AdvancedIncSubtensor1.copy_of_x", "the original's C code of an op"),
    ("*", "IncSubtensor.*", "the original's C code of an op"),
    ("*", "DebugMode", "checking of compiled functions is not built yet"),
    ("*", "scan_checkpoints", "loops that keep some of their states are not built yet"),
    ("*", "grad_time", "a counter that nothing reads"),
    ("*", "TensorConstantSignature.*", "how the original hashes constants"),
    ("*", "Composite.init_*", "steps of the original's constructor"),
    ("*", "*.E_axis", "text of an error"),
    ("*", "*rgmax.n??*", "counts that the original's C code reads"),
    ("*", "AllocEmpty.typecode", "NumPy's number of a dtype for the original's C code"),
    ("*", "AllocEmpty.debug_perform", "asks the original's DebugMode for an array that is not arbitrary"),
    ("*", "Alloc.validate_shape", "theano.tensor.alloc_validate_shape is the same"),
    ("*", "CAReduce.set_ufunc", "which NumPy function reduces follows from the scalar op's row"),
    ("*", "*.gxx_support_openmp", "OpenMP of the original's C code; threads belong to the runtime"),
    ("*", "*.test_gxx_support", "OpenMP of the original's C code; threads belong to the runtime"),
    ("*", "*.update_self_openmp", "OpenMP of the original's C code; threads belong to the runtime"),
    ("*", "OpenMPOp*", "OpenMP of the original's C code; threads belong to the runtime"),
    ("*", "*.make_c_thunk", "makes what the original's linkers run"),
    *(("*", f"DimShuffle.{name}", "internal of an op of the original that is a C file") for name in (
        "SECTIONS", "backward_re", "section_re", "c_func_*", "format_c_function_args", "get_*_macros", "get_path",
        "load_c_code")),
    ("*", "FunctionGraph.__*_*__", "internal of the original's graph"),
    ("*", "FunctionGraph.__import__", "internal of the original's graph"),
    ("theano.compile.builders", "*", "re-imported by the way"),
    ("*", "TypedListType.c_*", "the original's C code for lists; here they are Python's"),
    ("*", "*.helper_c_code*", "internal of the original's C code"),
    ("*", "*.*_c_code_args", "internal of the original's C code"),
    ("*", "*.check_input", "asks the original's C generator to leave out checks"),
    ("*", "*.params_type", "parameter structure of the original's C code"),
    ("*", "*.get_params", "parameter structure of the original's C code"),
    ("theano.gof*", "unify", "unification for the original's own pattern rewrites; PatternSub matches by itself"),
    ("theano.gof*", "HideC*", "takes C code from an op of the original's GPU back-ends"),
    ("theano.gof*", "CheckSt*", "checking of the original's rewrites: theano.gof.opt.check_stack_trace is the same"),
    ("theano.gof*", "lazylinker_c", "the original's C virtual machine: theano.runtime"),
    ("theano.gof*", "ops_with_inner_function", "the original's list of ops that it profiles another way"),
    ("theano.gof.op", "GCC_compiler", "runs the original's compiler: theano.codegen.build"),
    ("theano.gof.op", "*_meth", "makes methods of the original's own classes"),
    ("*", "COp.SECTIONS", "how the original cuts C files of ops"),
    ("*", "COp.*_re", "how the original cuts C files of ops"),
    ("*", "COp.format_c_function_args", "internal of the original's C code"),
    ("theano.gof.opt", "GraphToGPULocalOptGroup*", "the original's rewrites for GPUs"),
    ("theano.gof.opt", "LocalMetaOptimizer*", "the original's rewrites for GPUs, which time several"),
    ("theano.gof.opt", "MergeFeature*", "equal nodes are merged as they come: theano.gof.MergeOptimizer asks for it"),
    ("theano.gof.opt", "*_profile", "times of the original's rewrites: theano.ProfileStats has those of ours"),
    ("theano.gof.opt", "*.*_profile", "times of the original's rewrites: theano.ProfileStats has those of ours"),
    ("theano.gof.opt", "NavigatorOptimizer.*tach_updater", "step of the original's navigators"),
    ("theano.gof.toolbox", "BadOptimization.*", "attributes that every such error of DebugMode sets for itself"),
    *(("theano.gof.link", name, "step of the original's linkers, made otherwise here") for name in (
        "add_clear_storage", "gc_helper", "log_thunk_trace", "map_storage", "raise_with_op", "streamline", "thunk_hook",
        "undef", "Container.__*et__", "WrapLinker.__copy__", "WrapLinker.pre")),
    ("theano.gof.utils", "*Keyword*", "words that the original's unification passes around"),
    *(("theano.gof.utils", name, "word or decorator of the original's unification") for name in (
        "ABORT", "ANY_TYPE", "FAILURE", "FALL_THROUGH", "RETRY", "comm_guard", "type_guard", "simple_types")),
    ("theano.gof*", "c_cpp_keywords", "the words that ParamsType refuses"),
    ("theano.gof.utils", "object2.__ne__", "of Python 2 times"),
    ("theano.gof.type", "CDataTypeConstant*", "constants of capsules, which the original's C code made"),
    ("theano.gof.type", "EnumType.__*item__", "raise: an enumeration can't be changed"),
    ("theano.gof.type", "EnumType.pyint_compat_code", "the original's C code"),
    ("theano.gof*", "string_types", "helper of Python 2 times, re-imported by the way"),
    ("theano.gof.destroyhandler", "ProtocolError", "an error that the original's handler raises for misuse of itself"),
    ("theano.gof.destroyhandler", "DestroyHandler.*", "step of the original's handler"),
    *(("theano.gof.vm", name, "the original's virtual machines: theano.runtime") for name in (
        "CVM", "Loop*", "Stack*", "VM", "VM.*", "calculate_reallocate_info", "config", "VM_Linker.*")),
    *(("theano.gof.cc", name, "how the original wrote, compiled and kept C files: theano.codegen") for name in (
        "CallCache", "CodeBlock", "apply_policy", "code_gen", "failure_code*", "get_c_*", "get_lock",
        "get_*module_cache", "get_nothing", "release_lock", "run_cthunk", "struct_*", "CLinker.*",
        "OpWiseCLinker.__cache__")),
    ("theano.gof.cc", "config", "the flags, re-imported by the way: theano.config"),
    ("*", "*.amd_float*", "names in a vector library of AMD that the original's C code called"),
)


def table(path):
    """Rows of a table as dicts."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


INSTANCES = {                       # class -> how to make something of it from the package
    "TensorType": lambda theano: theano.tensor.dvector, "Split": lambda theano: theano.tensor.Split(2),
    "TensorSharedVariable": lambda theano: theano.shared([1.]),
    "ScalarSharedVariable": lambda theano: theano.shared(1.)}


def found(module, dotted):
    """The object of a dotted name in a module, and whether it is a static method; AttributeError for neither."""
    thing = importlib.import_module(module)
    *owners, last = dotted.split(".")
    for part in owners:
        thing = getattr(thing, part)
    static = isinstance(inspect.getattr_static(thing, last, None), (staticmethod, classmethod))
    try:
        return getattr(thing, last), static
    except AttributeError:
        if dotted.partition(".")[0] in INSTANCES:               # what instances have, though the class has it not
            return getattr(INSTANCES[dotted.partition(".")[0]](importlib.import_module("theano")), last), False
        raise


ANYTHING = "anything at all"
PROTOCOL = {"perform", "make_node", "grad", "L_op", "R_op", "infer_shape", "c_code", "output_types"}


def listed(text):
    """[(name, kind, default)] of a signature as text; None where it says nothing."""
    if not text.startswith("(") or text.startswith(("(/,", "(self, /,", "(*args, **kwargs")):
        return None
    while "<" in text:
        shorter = re.sub(r"<[^<>]*>", repr(ANYTHING), text)
        if shorter == text:
            return None
        text = shorter
    try:
        arguments = ast.parse(f"def f{text}: pass").body[0].args
    except SyntaxError:
        return None
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
    rows = [(a.arg, "plain", None if d is None else ast.unparse(d)) for a, d in zip(plain, defaults, strict=True)]
    if arguments.vararg:
        rows.append((arguments.vararg.arg, "*", None))
    rows += [(a.arg, "keyword", None if d is None else ast.unparse(d))
             for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        rows.append((arguments.kwarg.arg, "**", None))
    return rows


KINDS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**",
         inspect.Parameter.KEYWORD_ONLY: "keyword"}


def ours(thing):
    """[(name, kind, default)] of a callable; None where it has no signature."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return None
    return [(p.name, KINDS.get(p.kind, "plain"), None if p.default is p.empty else repr(p.default))
            for p in signature.parameters.values()]


def same_default(wanted, given):
    """Whether two defaults, as texts, are the same value."""
    if wanted is None or given is None:
        return wanted is given or wanted is None            # an argument may have got a default
    if ANYTHING in wanted or wanted == given:
        return True
    try:
        return ast.literal_eval(wanted) == ast.literal_eval(given)
    except (SyntaxError, ValueError):
        return False


def difference(text, thing, name="", static=False):
    """What calls of the signature ``text`` are not taken by ``thing``, in words; None if all are.

    Names of arguments don't matter where Python or a compiler gives them by position: in special methods, and in those
    of `PROTOCOL`.
    """
    wanted, given = listed(text), ours(thing)
    if wanted is None or given is None:
        return None
    if wanted and wanted[0][0] in ("self", "cls"):              # what the method calls its object doesn't matter
        wanted, given = wanted[1:], given if inspect.ismethod(thing) or static else given[1:]
    if name in PROTOCOL or name.startswith("__") and name != "__init__":
        fewer = len([r for r in given if r[2] is None and r[1] == "plain"]) <= len(wanted) <= len(given)
        return None if fewer or any(kind == "*" for _, kind, _ in [*given, *wanted]) else "another number of arguments"
    kinds = [kind for _, kind, _ in given]
    if "*" in kinds and "**" in kinds:
        return None
    names = [name for name, kind, _ in given if kind == "plain"]
    if "*" in kinds and not names and all(kind in ("plain", "*") for _, kind, _ in wanted):
        return None
    for position, (name, kind, default) in enumerate(wanted):
        if kind in "**":
            if kind not in kinds:
                return f"no {kind}{name}"
            continue
        row = next((r for r in given if r[0] == name), None)
        if row is None:
            if "**" in kinds and default is not None:
                continue
            return f"no argument {name}"
        if kind == "plain" and (position >= len(names) or names[position] != name):
            return f"{name} is not argument {position + 1}"
        if not same_default(default, row[2]):
            return f"{name}={row[2]}, was {default}"
    known = {name for name, _, _ in wanted}
    needed = [name for name, kind, default in given if default is None and name not in known and "*" not in kind]
    return f"needs {', '.join(needed)} besides" if needed else None


def reason(module, name):
    """Why the absence of a name is right; None if nothing says so."""
    return next((why for where, what, why in JUSTIFIED
                 if fnmatch.fnmatch(module, where) and fnmatch.fnmatch(name, what)), None)


def compare(label, module, rows):
    """Lines about one module or class: its ``rows`` are (printed name, dotted name, kind, signature)."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return Counter(absent=len(rows)), [f"  absent: the module ({error})"]
    count, lines = Counter(), []
    for name, dotted, kind, signature in rows:
        try:
            thing, static = found(module, dotted)
        except AttributeError:
            why = reason(label, name)
            count["justified" if why else "absent"] += 1
            lines.append(f"  justified: {name}: {why}" if why else f"  absent: {name} {signature}")
            continue
        text = None
        if kind in CALLABLE and callable(thing):
            text = difference(signature, thing, dotted.rpartition(".")[2], static)
        count["same" if text is None else "differs"] += 1
        if text is not None:
            lines.append(f"  differs: {name}{signature}: {text}")
    return count, lines


CALLABLE = ("class", "function", "method", "staticmethod", "classmethod")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path,
                        default=Path(__file__).resolve().parents[2] / "shared" / "api")
    parser.add_argument("--module", action="append", help="only this module or class (may be given several times)")
    parser.add_argument("--quiet", action="store_true", help="only the numbers")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tasks = []
    names = table(options.folder / "theano-api.tsv")
    for module in MODULES:
        rows = [(r["name"], r["name"], r["kind"], r["signature_or_value"]) for r in names if r["module"] == module]
        tasks.append((module, module, rows))
    members = table(options.folder / "theano-members.tsv")
    for class_, module in CLASSES.items():
        rows = [(f"{class_}.{r['member']}", f"{class_}.{r['member']}", r["kind"], r["signature"])
                for r in members if r["class"] == class_]
        tasks.append((class_, module, rows))
    total = Counter()
    for label, module, rows in tasks:
        if options.module and label not in options.module:
            continue
        count, lines = compare(label, module, rows)
        total += count
        print(f"{label}: {len(rows)} names, {count['same']} the same, {count['differs']} with another signature, "
              f"{count['justified']} absent for a reason, {count['absent']} absent")
        if not options.quiet:
            print("\n".join(lines))
    print("all: " + ", ".join(f"{total[kind]} {word}" for kind, word in (
        ("same", "the same"), ("differs", "with another signature"), ("justified", "absent for a reason"),
        ("absent", "absent"))))
    return 1 if total["absent"] else 0


if __name__ == "__main__":
    sys.exit(main())
