"""Linear algebra: factorizations, solutions, inverses, spectra; their old names are in ``theano.legacy``."""
