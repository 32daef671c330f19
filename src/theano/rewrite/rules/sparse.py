"""Conversions of sparse matrices that undo each other.

The ops are known by their keys: their package is loaded when it is first used, these rules always are.
"""

from theano.rewrite.engine import key_of, rule


@rule("DenseFromSparse", name="local_dense_from_sparse_sparse_from_dense", tags=("canonicalize", "specialize"))
def dense_of_sparse_of_dense(node):
    """dense_from_sparse(csr_from_dense(x)) >> x for a matrix x"""
    x = _input_of(node, "SparseFromDense")
    return x[0] if x is not None and x[0].type.ndim == 2 else None


@rule("CSMProperties", name="local_csm_properties_csm", tags=("specialize",))
def parts_of_made(node):
    """csm_properties(CSR(data, indices, indptr, shape)) >> data, indices, indptr, shape"""
    return _input_of(node, "CSM")


def _input_of(node, key):
    """Inputs of the node that computes the first input of ``node``, where its op has this key, else None."""
    inner = node.inputs[0].owner
    return list(inner.inputs) if inner is not None and key_of(inner.op) == key else None


SPARSE = (dense_of_sparse_of_dense, parts_of_made)
