"""Arrays as sets."""

from numpy_calls import compared

CALLS = """
np.isin(k, [1, 2]); np.isin(k, [1, 2], invert=True); np.isin(i, k); np.isin(i, 3); np.isin(x, v); np.isin(i, [])
np.isin(3, k); np.isin(i, k, invert=True, assume_unique=True); np.union1d(k, i); np.intersect1d(k, i)
np.setdiff1d(i, k); np.setxor1d(i, k); np.unique_counts(k); np.unique_inverse(i); np.unique_all(i)
np.unique(i, return_inverse=True); np.unique(i, True, True, True); np.unique(x[:, :1], axis=0)
np.intersect1d(k, i, return_indices=True); np.unique(i, sorted=True); np.isin(k, [1], kind='sort')
np.intersect1d(v, v[::-1], assume_unique=True)
np.unique_all(k).inverse_indices; np.unique_counts(i).counts; np.unique_inverse(i).values
"""

test_values, _ = compared(CALLS)
