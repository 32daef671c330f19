"""Old module names: every row imports, shows what it promises, and is the same thing as the new name."""

import importlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano import legacy

NAMES = {
    "gof.callcache": "CallCache",
    "misc.ordered_set": "OrderedSet",
    "scalar.basic_sympy": "SymPyCCode ScalarOp as_scalar Apply float32 float64 int64",
                      # names that programs import from old places
    "gof": "Apply Constant Container FunctionGraph Generic InconsistencyError CachedConstantError MethodNotDefined"
           " MissingInputError Op Type Variable generic",
    "gof.graph": "Apply Constant Variable ancestors as_string clone clone_get_equiv equal_computations general_toposort"
                 " inputs io_connection_pattern io_toposort is_same_graph list_of_nodes ops orphans stack_search"
                 " variables variables_and_orphans view_roots Node default_node_formatter op_as_string"
                 " nodes_constructed is_same_graph_with_merge is_in_ancestors",
    "gof.fg": "FunctionGraph InconsistencyError MissingInputError CachedConstantError",
    "gof.op": "Op PureOp COp OpenMPOp CLinkerOp CLinkerObject get_test_value"
              " get_debug_values debug_assert debug_error_message missing_test_message",
    "gof.type": "Type CLinkerType PureType Generic SingletonType generic EnumType EnumList CEnumType CDataType",
    "gof.opt": "check_stack_trace copy_stack_trace EquilibriumOptimizer FromFunctionLocalOptimizer LocalOptGroup"
               " FromFunctionOptimizer LocalOptimizer MergeOptimizer NavigatorOptimizer OpKeyOptimizer OpRemove OpSub"
               " Optimizer PatternSub SeqOptimizer TopoOptimizer in2out inplace_optimizer local_optimizer optimizer"
               " out2in pre_constant_merge pre_greedy_local_optimizer config theano logging",
    "gof.toolbox": "AlreadyThere Feature NodeFinder NoOutputFromInplace PrintListener Bookkeeper History Validator"
                   " ReplaceValidate ReplacementDidntRemovedError BadOptimization PreserveNames"
                   " PreserveVariableAttributes",
    "misc.may_share_memory": "may_share_memory",
    "misc.pkl_utils": "dump load zipadd CompatUnpickler StripPickler PersistentNdarrayID PersistentNdarrayLoad"
                      " PersistentSharedVariableID DEFAULT_PROTOCOL HIGHEST_PROTOCOL",
    "misc.safe_asarray": "_asarray",
    "tests.breakpoint": "PdbBreakpoint",
    "gof.link": "Container Linker LocalLinker PerformLinker WrapLinker WrapLinkerMany Type",
    "gof.cc": "CLinker DualLinker OpWiseCLinker",
    "gof.vm": "VM_Linker",
    "gof.cmodule": "get_lib_extension std_include_dirs config",
    "gof.compilelock": "get_lock release_lock lock_ctx force_unlock",
    "gof.sched": "make_dependence_cmp make_depends sort_apply_nodes sort_schedule_fn posort reverse_dict _toposort cmp"
                 " key_to_cmp memodict list_of_nodes",
    "gof.optdb": "DB EquilibriumDB LocalGroupDB ProxyDB Query SequenceDB TopoDB opt config",
    "gof.params_type": "Params ParamsType EnumType",
    "gof.destroyhandler": "DestroyHandler InconsistencyError",
    "gof.null_type": "NullType null_type",
    "gof.utils": "MethodNotDefined scratchpad add_tag_trace uniq unique difference remove hist flatten toposort memoize"
                 " deprecated give_variables_names to_return_values from_return_values hash_from_code hash_from_file",
    "compile.pfunc": "pfunc In Out rebuild_collect_shared shared SharedVariable",
    "compile.function_module": "Function FunctionMaker UnusedInputError AliasedMemoryError orig_function"
                               " deep_copy_op",
    "compile.sharedvalue": "SharedVariable shared shared_constructor generic",
    "compile.ops": "as_op FromFunctionOp DeepCopyOp ViewOp Rebroadcast Shape Shape_i SpecifyShape deep_copy_op view_op",
    "tensor.basic": "TensorType TensorVariable as_tensor_variable _shared exp add DimShuffle NotScalarConstantError"
                    " ScalarFromTensor Argmax alloc arange _allclose float64_rtol",
    "tensor.subtensor": "Subtensor IncSubtensor AdvancedSubtensor AdvancedIncSubtensor inc_subtensor set_subtensor"
                        " get_canonical_form_slice",
    "tensor.sharedvar": "TensorSharedVariable ScalarSharedVariable SharedVariable",
    "tensor.var": "TensorVariable TensorConstant _tensor_py_operators",
    "tensor.opt": "MakeVector Shape_i Assert assert_op register_canonicalize register_stabilize register_specialize"
                  " register_uncanonicalize register_useless local_optimizer",
    "tensor.type_other": "MakeSlice make_slice NoneConst NoneTypeT none_type_t SliceConstant SliceType slicetype",
    "tensor.io": "load LoadFromDisk MPIRecv MPIRecvWait MPISend MPISendWait recv send irecv isend mpi_cmps mpi_enabled",
    "tensor.xlogx": "XlogX XlogY0 scalar_xlogx scalar_xlogy0 xlogx xlogy0",
    "typed_list": "TypedListType TypedListVariable append count extend getitem index_ insert length make_list remove",
    "typed_list.basic": "GetItem Append Extend Insert Remove Reverse Index Count Length MakeList TypedListConstant",
    "typed_list.type": "TypedListType",
    "typed_list.opt": "Append",
    "raise_op": "Raise",
    "version": "version full_version short_version",
    "compile.builders": "OpFromGraph",
    "tensor.extra_ops": "squeeze repeat cumsum cumprod diff bincount fill_diagonal fill_diagonal_offset to_one_hot"
                        " compress searchsorted CumOp DiffOp RepeatOp FillDiagonal FillDiagonalOffset SearchsortedOp",
    "tensor.nnet.bn": "batch_normalization batch_normalization_train batch_normalization_test",
    "tensor.utils": "shape_of_variables hash_from_ndarray",
    "tensor.nnet.nnet": "softmax Softmax h_softmax confusion_matrix",
    "tensor.slinalg": "Cholesky CholeskyGrad Eigvalsh EigvalshGrad Expm ExpmGrad MATRIX_STRUCTURES Solve cholesky"
                      " eigvalsh expm imported_scipy kron logger solve solve_lower_triangular solve_symmetric"
                      " solve_upper_triangular Op Apply as_tensor_variable",
    "tensor.nlinalg": "AllocDiag Det DisconnectedType Eig Eigh EighGrad ExtractDiag MatrixInverse MatrixPinv QRFull"
                      " QRIncomplete SVD TensorInv TensorSolve alloc_diag det diag eig eigh extract_diag lstsq"
                      " matrix_dot matrix_inverse matrix_power norm pinv qr svd tensorinv tensorsolve"
                      " trace _zero_disconnected",
    "sandbox.linalg": "alloc_diag cholesky det diag eig eigh eigvalsh extract_diag matrix_inverse psd solve"
                      " spectral_radius_bound trace ops",
    "sandbox.linalg.ops": "Cholesky DimShuffle Dot Dot22 Hint MatrixInverse Solve hints is_hint_node"
                          " imported_scipy psd spectral_radius_bound solve trace logger HintsFeature HintsOptimizer"
                          " inv_as_solve is_positive is_psd is_symmetric local_det_chol local_log_pow"
                          " local_log_prod_sqr no_transpose_symmetric psd_solve_with_chol remove_hint_nodes"
                          " tag_solve_triangular transinv_to_invtrans",
    "sandbox.linalg.kron": "kron",
    "sandbox.solve": "Solve solve",
    "tensor.nnet.sigm": "sigmoid softplus",
    "tensor.nnet.abstract_conv": "conv2d abstract_conv2d conv3d conv2d_grad_wrt_inputs conv2d_grad_wrt_weights"
                                 " assert_shape AbstractConv2d AbstractConv2d_gradInputs AbstractConv2d_gradWeights"
                                 " AbstractConv get_conv_output_shape check_conv_gradinputs_shape"
                                 " separable_conv3d causal_conv1d bilinear_upsampling bilinear_kernel_2D",
    "tensor.signal.downsample": "max_pool_2d Pool MaxPoolGrad max_pool_2d_same_size",
    "scalar.basic": "Scalar ScalarOp Composite add float32 float64 upcast upgrade_to_float",
    "scalar.basic_scipy": "erf gamma psi",
    "scalar.sharedvar": "ScalarSharedVariable shared SharedVariable Scalar",
    "gpuarray": "pygpu pygpu_activated", "gpuarray.dnn": "dnn_present dnn_available",
    "ifelse": "IfElse ifelse Op Apply TensorType clone optdb cond_remove_identical cond_merge_ifs_true"
              " CondMerge acceptable_ops cond_make_inplace cond_merge_random_op"
              " ifelse_lift_single_if_through_acceptable_ops",
    "scan_module": "scan map reduce foldl foldr until",
    "scan_module.scan": "scan",
    "scan_module.scan_op": "Scan Apply DisconnectedType NullType TensorType as_tensor_variable io_connection_pattern",
    "scan_module.scan_utils": "map_variables safe_new expand_empty isNaN_or_Inf_or_None get_updates_and_outputs "
                               "forced_replace reconstruct_graph infer_shape hash_listsDictsTuples until clone "
                               "equal_computations rebuild_collect_shared get_scalar_constant_value",
    "scan_module.scan_checkpoints": "scan_checkpoints",
    "scan_module.scan_opt": "ScanMerge ScanSaveMem PushOutSeqScan PushOutNonSeqScan optdb equal_computations",
    "scan_module.scan_views": "scan map reduce foldl foldr",
    "tensor.raw_random": "RandomFunction RandomStateType random_state_type RandomStreamsBase uniform permutation_helper"
                         " _infer_ndim_bcast",
    "tensor.shared_randomstreams": "RandomStreams RandomStateSharedVariable randomstate_constructor",
    "sandbox.rng_mrg": "MRG_RandomStreams mrg_uniform DotModulo ff_2p72 ff_2p134 guess_n_streams multMatVect matVecModM"
                       " M1 M2 A1p72 A2p134",
    "sandbox.multinomial": "MultinomialFromUniform ChoiceFromUniform MultinomialWOReplacementFromUniform",
    "sparse.basic": "as_sparse hstack vstack structured_dot _is_sparse _is_dense _is_sparse_variable _mtypes Dot",
    "sparse.opt": "StructuredDotCSC UsmmCscDense CSMGradC AddSD_ccode",
    "sparse.sharedvar": "SparseTensorSharedVariable sparse_constructor SparseType",
    "sparse.utils": "hash_from_sparse",
    "updates": "OrderedUpdates",
    "configparser": "config change_flags TheanoConfigParser",
    "configdefaults": "config python_int_bitwidth local_bitwidth",
    "d3viz.d3viz": "d3viz d3write PyDotFormatter", "d3viz.formatting": "PyDotFormatter type_to_str",
    "compat": "PY3 cmp exc_message izip imap BytesIO operator_div decode",
}


@pytest.mark.parametrize("old", sorted(legacy.GATHERED))
def test_every_row_imports_and_is_an_attribute(old):
    module = importlib.import_module("theano." + old)
    found = theano
    for part in old.split("."):
        found = getattr(found, part)
    functions = "compile.pfunc", "tensor.var", "d3viz.d3viz"            # as they were
    assert found is module or old in functions
    for source in legacy.GATHERED[old]:
        assert importlib.import_module("theano." + source)


@pytest.mark.parametrize("old", sorted(NAMES))
def test_names(old):
    module = importlib.import_module("theano." + old)
    missing = [name for name in NAMES[old].split() if not hasattr(module, name)]
    assert not missing


def test_every_row_with_sources_is_the_same_object():
    from theano.gof.graph import Variable

    from theano.graph.variable import Variable as New
    assert Variable is New
    assert pickle.loads(pickle.dumps(Variable)) is New


@pytest.mark.parametrize("name", ["theano.gof.nowhere", "theano.nowhere", "theano.tensor.nnet.nowhere"])
def test_unknown_names_fail_as_usual(name):
    with pytest.raises(ModuleNotFoundError, match=name.rpartition(".")[2]):
        importlib.import_module(name)
    with pytest.raises(AttributeError, match="nowhere"):
        _ = theano.nowhere


def test_every_row_has_names_to_check():
    packages = {old for old in legacy.GATHERED if any(other.startswith(old + ".") for other in legacy.GATHERED)}
    assert set(legacy.GATHERED) - packages <= set(NAMES) <= set(legacy.GATHERED)


def test_old_modules_load_only_when_asked():
    code = ("import sys, theano; "
            "loaded = [n for n in sys.modules if n.startswith('theano.gof') or n == 'theano.compat']; "
            "assert not loaded, loaded; "
            "theano.gof.graph.Variable; import theano.compat; assert 'theano.gof.graph' in sys.modules")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("use", [
    "theano.sparse.csr_matrix()", "import theano.sparse; theano.sparse.basic.Dot", "import theano.sparse.basic",
    "from theano import sparse; sparse.opt.CSMGradC", "from theano.sparse import structured_dot"])
def test_sparse_is_loaded_when_it_is_first_used(use):
    code = ("import sys, theano; "
            "assert not any(n.startswith(('scipy.sparse', 'theano.sparse')) for n in sys.modules); "
            f"{use}; "
            "assert 'scipy.sparse' in sys.modules and 'theano.sparse.dot' in sys.modules")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("use", ["theano.tensor.nnet.conv3d2d.conv3d", "import theano.tensor.nnet.conv3d2d",
                                 "from theano.tensor.nnet import conv3d2d; conv3d2d.conv3d"])
def test_convolutions_of_videos_are_loaded_when_they_are_first_used(use):
    name = "theano.tensor.nnet.conv3d2d"
    code = f"import sys, theano; assert {name!r} not in sys.modules; {use}; assert {name!r} in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_shared_of_a_sparse_matrix_loads_sparse():
    code = ("import sys, scipy.sparse, theano; assert 'theano.sparse' not in sys.modules; "
            "x = theano.shared(scipy.sparse.eye(3, format='csr')); assert x.type == theano.sparse.csr_dmatrix")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize(("error", "message"), [(ValueError("a"), "a"), (ValueError("a", 1), ("a", 1))])
def test_exc_message(error, message):
    assert importlib.import_module("theano.compat").exc_message(error) == message


def test_installing_twice_changes_nothing():
    before = list(sys.meta_path)
    legacy.install()
    assert sys.meta_path == before


def test_programs_that_ask_for_cudnn_hear_that_there_is_none():
    from theano.gpuarray import dnn
    assert dnn.dnn_present() is dnn.dnn_available(None) is False
    assert theano.gpuarray.dnn is dnn and not theano.gpuarray.pygpu_activated


def test_locks_are_nothing_to_wait_for():
    from theano.gof.cmodule import get_lib_extension
    from theano.gof.compilelock import get_lock, lock_ctx, release_lock
    assert get_lock() is None and release_lock() is None and get_lib_extension() in ("so", "pyd")
    with lock_ctx("anywhere"):
        pass


def test_functions_stay_when_modules_of_their_names_are_imported():
    code = "from theano.tensor.var import TensorVariable; import theano.tensor as T; assert callable(T.var)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_module_of_the_name_of_a_function_is_found_in_its_package_and_can_be_called():
    """Programs write ``T.xlogx.xlogy0(x, y)``, which is the original's, and ``T.xlogx(x)``, as of all functions."""
    x, y = np.array([0.0, 2.0]), np.array([0.0, 3.0])
    assert importlib.import_module("theano.tensor.xlogx") is tt.xlogx
    assert np.allclose(tt.xlogx.xlogy0(x, y).eval(), [0, 2 * np.log(3)])
    assert np.allclose(tt.xlogx(x).eval(), tt.xlogx.xlogx(x).eval())
    assert np.allclose(tt.xlogx(x).eval(), [0, 2 * np.log(2)])


@pytest.mark.parametrize("name", ["scan", "scan_checkpoints"])
def test_functions_of_loops_can_be_called_when_modules_of_their_names_are_imported(name):
    module = importlib.import_module(f"theano.scan_module.{name}")
    for scan in (getattr(module, name), getattr(theano.scan_module, name)):
        rows, _ = scan(lambda row, total: row + total, np.arange(1.0, 4), tt.constant(0.0), n_steps=3)
        assert rows.eval()[-1] == 6
