"""Placeholder until the full file lands."""
from types import SimpleNamespace as N

config = N(floatX="float64", cast_policy="custom", int_division="int", compute_test_value="off", linker="cvm",
           optimizer="fast_run", mode="Mode", optimizer_excluding="", optimizer_including="", optimizer_requiring="",
           on_unused_input="raise", allow_gc=True, exception_verbosity="low", cxx="g++", base_compiledir="~/.theano",
           on_opt_error="raise", on_shape_error="raise", optimizer_verbose=False, profile_optimizer=False, warn_float64="ignore",
           openmp=False, openmp_elemwise_minsize=200000, pickle_test_value=True, print_test_value=False, profile=False,
           cycle_detection="regular", traceback=N(limit=8, compile_limit=0), optdb=N(max_use_ratio=8, position_cutoff=float("inf")), gcc=N(cxxflags=""),
           blas=N(ldflags=""), tensor=N(local_elemwise_fusion=True, cmp_sloppy=0), warn=N(), unittests=N(rseed=666))
