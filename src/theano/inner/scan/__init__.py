"""Loops: ``theano.scan`` and the op behind it."""
