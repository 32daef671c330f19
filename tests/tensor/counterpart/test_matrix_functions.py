"""Products, norms and numbers of one matrix or more."""

from numpy_calls import compared

CALLS = """
np.einsum('...i->i...', x); np.einsum('...i,...i->...', t, x); np.einsum('...ij,...jk->...ik', t, m)
np.einsum('...ij,...jk', t, m); np.einsum('i...->...', t); np.einsum('...', x); np.einsum('...ii->...i', q)
np.einsum('b...,...b->...', x[:, :3], x[:, :3]); np.einsum(x, [0, 1], m, [1, 2], [0, 2])
np.einsum(x, [0, 1], m, [1, 2]); np.einsum(x, [Ellipsis, 0], [0, Ellipsis]); np.einsum('...i,i...->...', o, o)
np.einsum('ij,...j->...i', m, t); np.einsum('...j,...j->...j', o, x); np.einsum('ij,jk->ik', x, m, optimize=True)
np.einsum('...,...', s, x); np.cross(np.stack([s, s + 1]), np.stack([s, s * 2]))
np.cross(np.stack([s, s + 1]), np.stack([s, s * 2, s])); np.cross(x[:, :3], x[:, 1:]); np.cross(x, m[:3], axis=0)
np.cross(x, x[::-1].T, axisa=0, axisb=1); np.cross(x, x[::-1], axisa=0, axisb=0, axisc=0); np.kron(t, t)
np.kron(v, t); np.kron(x, t); np.linalg.inv(q); np.linalg.pinv(q); np.linalg.pinv(q[..., :2]); np.linalg.pinv(x, 0.5)
np.linalg.pinv(x, rtol=0.5); np.linalg.det(q); np.linalg.slogdet(q); np.linalg.cholesky(p)
np.linalg.qr(q)[1][..., :1] ** 2; np.linalg.svd(q)[1]; np.linalg.svd(q, compute_uv=False)
np.linalg.svdvals(q[..., :2, :]); np.linalg.eigh(p)[0]; np.linalg.eigvalsh(p); np.linalg.matrix_power(q, 3)
np.linalg.solve(q, q[..., :2]); np.linalg.solve(q, r); np.linalg.solve(m, q); np.linalg.solve(q, m); np.linalg.cond(q)
np.linalg.cond(q, 1); np.linalg.cond(q, -2); np.linalg.cond(q, 'fro'); np.linalg.matrix_rank(q)
np.linalg.matrix_rank(q * 0); np.linalg.matrix_rank(v); np.linalg.matrix_rank(q, tol=2.0)
np.linalg.matrix_rank(q, rtol=0.2); np.linalg.inv(a=q); np.linalg.cond(m, np.inf); np.linalg.matrix_rank(z)
np.linalg.norm(q, axis=(2, 3)); np.linalg.norm(q, 2, axis=(2, 3)); np.linalg.norm(q, 'nuc', axis=(0, 1))
np.linalg.norm(q, 1, axis=(1, 3), keepdims=True); np.linalg.norm(q, np.inf, axis=(3, 1))
np.linalg.norm(x, 1, axis=(1, 0)); np.linalg.norm(t, axis=-1); np.linalg.norm(t, -np.inf, axis=0)
np.linalg.norm(t, -1, axis=0); np.linalg.norm(t, 0, axis=1); np.linalg.norm(t, np.inf, axis=1, keepdims=True)
np.linalg.matrix_norm(q); np.linalg.matrix_norm(q, ord=2); np.linalg.matrix_norm(q, ord='nuc', keepdims=True)
np.linalg.vector_norm(t); np.linalg.vector_norm(t, axis=(0, 2))
np.linalg.vector_norm(t, axis=1, ord=3, keepdims=True); np.linalg.vector_norm(x, ord=np.inf)
np.linalg.vector_norm(x, keepdims=True); np.linalg.norm(x, -2); np.linalg.norm(v, -1)
np.linalg.cross(x[:, :3], x[:, 1:], axis=1); np.trace(x, dtype='float32'); np.linalg.vecdot(x, x[::-1], axis=0)
np.outer(a=v, b=w); np.tensordot(a=x, b=m, axes=1)
np.linalg.eigh(p).eigenvalues; np.linalg.slogdet(q).logabsdet; np.linalg.svd(x).S; abs(np.linalg.qr(q).R)
np.linalg.eig(p)[0].sum(-1); abs(np.linalg.qr(x, 'r')); np.linalg.eigvals(p).sum(axis=-1)
"""
DERIVED = """
np.einsum('...i,...i->...', t, x); np.einsum('...ij,...jk', t, m); np.cross(x[:, :3], x[:, 1:]); np.kron(t, t)
np.linalg.inv(q); np.linalg.pinv(q); np.linalg.det(q); np.linalg.svdvals(q); np.linalg.solve(q, q ** 2)
np.linalg.cond(q); np.linalg.norm(q, 'nuc', axis=(1, 2)); np.linalg.norm(t, axis=(0, 1)); np.linalg.pinv(m, 0.01)
np.linalg.vector_norm(t, axis=(0, 2)); np.linalg.norm(t, 1, axis=(0, 2)); np.linalg.slogdet(q)[1]
np.linalg.eigvalsh(q)
"""

test_values, test_gradients = compared(CALLS, DERIVED)
