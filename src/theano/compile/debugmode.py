"""The name `DebugMode`, for programs that ask whether a mode is one. The mode itself is missing."""

from theano.compile.mode import Mode


class DebugMode(Mode):
    """The mode that checks each op and rewrite while a function runs: not implemented.

    No mode is an instance of it, so ``isinstance(mode, DebugMode)`` is a true answer.

    Raises
    ------
    NotImplementedError : whenever one is made
    """

    def __init__(self, *args, **kwargs):
        raise NotImplementedError("DebugMode: the checks of ops and rewrites while a function runs are missing; "
                                  "Mode('py', None) runs each op's Python code")
