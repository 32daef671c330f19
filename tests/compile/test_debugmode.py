"""The name DebugMode: no mode is one, and making one says what is missing."""

import pytest

import theano


def test_no_mode_is_a_debug_mode():
    debug_mode = theano.compile.debugmode.DebugMode
    assert issubclass(debug_mode, theano.Mode)
    for mode in (theano.compile.get_default_mode(), theano.compile.FAST_RUN, theano.Mode("py", None)):
        assert not isinstance(mode, debug_mode)


def test_making_one_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="checks of ops and rewrites while a function runs are missing"):
        theano.compile.debugmode.DebugMode(optimizer="fast_run")
