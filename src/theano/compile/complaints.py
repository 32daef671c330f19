"""What `DebugMode` says about an op or a rewrite that is wrong.

    DebugModeError
    +-- BadOptimization     a rewrite changed a value
    +-- BadThunkOutput      two ways of computing an op disagree
    +-- BadDestroyMap       an op overwrote an input that is not in its destroy_map
    +-- BadViewMap          an output shares memory that is not in the view_map of its op
    +-- InvalidValueError   a value that its variable's type doesn't have, or that is not finite
    +-- StochasticOrder     rewriting the same graph twice gave two graphs
"""

from theano.errors import BadOptimization, DebugModeError, described, differences
from theano.runtime.report import user_lines

__all__ = ["BadDestroyMap", "BadOptimization", "BadThunkOutput", "BadViewMap", "DebugModeError", "InvalidValueError",
           "StochasticOrder"]


class BadThunkOutput(DebugModeError):
    """Two ways of computing an op disagree: `perform` and C code, or one of them on differently laid out memory.

    Attributes: r (the output), thunk1, thunk2 (what computed it, in words), val1, val2, inputs_val.
    """

    def __init__(self, r, thunk1, val1, thunk2, val2, inputs_val=()):
        super().__init__(r)
        self.r, self.thunk1, self.val1, self.thunk2, self.val2 = r, thunk1, val1, thunk2, val2
        self.inputs_val = inputs_val

    def offending_op(self):
        """The op."""
        return self.r.owner.op

    def str_diagnostic(self):
        """The message."""
        lines = [f"{self.thunk1} and {self.thunk2} of an op disagree",
                 f"  node: {self.r.owner}",
                 f"  output {self.r.index}, {self.r.type}",
                 f"  {self.thunk1}: {described(self.val1)}",
                 f"  {self.thunk2}: {described(self.val2)}", *differences(self.val1, self.val2),
                 *(f"  input {k}: {described(value)}" for k, value in enumerate(self.inputs_val))]
        return "\n".join(lines) + _lines(self.r.owner)

    __str__ = str_diagnostic


class BadDestroyMap(DebugModeError):
    """An op overwrote an input that is not in its ``destroy_map``.

    Attributes: node, idx (of the input), old_val, new_val, perform (what ran, in words).
    """

    def __init__(self, node, idx, old_val, new_val, perform):
        super().__init__(node, idx, old_val, new_val, perform)
        self.node, self.idx, self.old_val, self.new_val, self.perform = node, idx, old_val, new_val, perform

    def __str__(self):
        return (f"{self.perform} of an op overwrote input {self.idx}, which is not in its destroy_map\n"
                f"  node: {self.node}\n  destroy_map: {self.node.op.destroy_map}\n"
                f"  before: {described(self.old_val)}\n  after: {described(self.new_val)}{_lines(self.node)}")


class BadViewMap(DebugModeError):
    """An output shares memory with an input, or another output, and the op's ``view_map`` doesn't say so.

    Attributes: node, output_idx, out_storage, in_alias_idx, out_alias_idx.
    """

    def __init__(self, node, output_idx, out_storage, in_alias_idx=None, out_alias_idx=None):
        super().__init__(node, output_idx, out_storage, in_alias_idx, out_alias_idx)
        self.node, self.output_idx, self.out_storage = node, output_idx, out_storage
        self.in_alias_idx, self.out_alias_idx = in_alias_idx, out_alias_idx

    def __str__(self):
        shared = f"inputs {self.in_alias_idx}" if self.in_alias_idx else f"outputs {self.out_alias_idx}"
        return (f"output {self.output_idx} of an op shares memory with {shared}, and its view_map doesn't say so\n"
                f"  node: {self.node}\n  view_map: {self.node.op.view_map}, destroy_map: {self.node.op.destroy_map}"
                f"{_lines(self.node)}")


class InvalidValueError(DebugModeError):
    """A value that its variable's type doesn't have, or that is not finite.

    Attributes: r (the variable), v (the value), client_node (what computed it), hint, specific_hint.
    """

    def __init__(self, r, v=None, client_node=None, hint="none", specific_hint="none"):
        super().__init__(r, v, client_node, hint, specific_hint)
        self.r, self.v, self.client_node, self.hint, self.specific_hint = r, v, client_node, hint, specific_hint

    def __str__(self):
        node = self.client_node
        return (f"the value of {self.r}, {self.r.type}, is not valid: {self.specific_hint}\n"
                f"  value: {described(self.v)}\n  of: {self.hint}"
                + (f"\n  node: {node}{_lines(node)}" if node is not None else ""))


class StochasticOrder(DebugModeError):
    """Rewriting the same graph twice gave two graphs."""


def _lines(node):
    return "\n" + user_lines(node)
