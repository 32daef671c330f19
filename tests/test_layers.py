"""Imports point one way: a module imports its own layer and those below it, and nothing else of ours."""

import ast
import builtins
import inspect
from pathlib import Path

import pytest

import theano
from theano import errors

ROOT = Path(theano.__file__).parent
LAYERS = ("errors", "config", "graph", "gradient", "scalar", "tensor", "sparse", "gpuarray", "inner", "rewrite",
          "codegen", "runtime", "compile", "drawing")
SAME_LAYER = {"configparam": "config", "late": "errors", "log": "errors"}
FACADES = {"__init__", "__main__", "legacy", "printing"}            # they show names of any layer
DEFERRED = {("graph.variable", "theano.compile.function")}                  # Variable.eval
NATIVE = {("runtime.native", "theano.runtime._machine")}                    # the extension may be missing


def modules():
    """Dotted name inside the package and path of every module."""
    for path in sorted(ROOT.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imported(tree):
    """Names of ours that a module imports, each with whether that happens when it is loaded."""
    at_load = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [module_of(node.module, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "theano":
                yield name, id(node) in at_load


def module_of(package, name):
    """``package.name`` where that is a module, else ``package``."""
    folder = ROOT.parent.joinpath(*package.split("."))
    inside = (folder / name).is_dir() or (folder / f"{name}.py").exists() or name.startswith("_m")
    return f"{package}.{name}" if inside else package


def layer(name):
    """Place of a dotted name of ours in the order of the layers."""
    first = name.split(".")[0]
    return LAYERS.index(SAME_LAYER.get(first, first))


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_point_one_way(name, path):
    wrong = []
    for target, at_load in imported(ast.parse(path.read_text(encoding="utf-8"))):
        pair, inside = (name, target), target.partition(".")[2]
        if name.split(".")[0] in FACADES or pair in NATIVE:
            continue
        if not at_load and pair not in DEFERRED:
            wrong.append(f"{target} is imported inside a function")
        if not inside:
            wrong.append("imports the facade theano")
        elif at_load and layer(inside) > layer(name):
            wrong.append(f"{target} is a layer above")
        elif inside == name.rpartition(".")[0]:
            wrong.append(f"{target} is its own package: import the module that defines the name")
    assert not wrong


def test_exceptions_form_the_tree_that_is_drawn():
    drawn, path = {}, ["Exception"]
    for line in errors.__doc__.splitlines():
        branch = line.find("+-- ")
        if branch < 0:
            continue
        depth = branch // 4
        name = line[branch + 4:].split()[0]
        path[depth:] = [name]
        drawn[name] = path[depth - 1]
    ours = {name: cls for name, cls in vars(errors).items()
            if inspect.isclass(cls) and issubclass(cls, Exception) and name == cls.__name__}
    assert set(ours) <= set(drawn)
    for name, parent in drawn.items():
        cls = ours.get(name) or getattr(builtins, name)
        assert issubclass(cls, ours.get(parent) or getattr(builtins, parent)), name
        assert cls.__doc__
