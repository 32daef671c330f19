"""How close numbers must be to count as equal; programs may assign other values to these names.

They are seen through ``theano.tensor.basic`` and ``theano.tensor``, and assigning there works too.
"""

float16_rtol, float16_atol = 1e-3, 1e-3
bfloat16_rtol, bfloat16_atol = 1e-2, 1e-2
float32_rtol, float32_atol = 1e-5, 1e-5
float64_rtol, float64_atol = 1e-5, 1e-8

PARTS = {"complex64": "float32", "complex128": "float64"}


def usual(*dtypes):
    """(relative, absolute) tolerance for the least precise float dtype among ``dtypes``, by default float64."""
    found = {PARTS.get(str(d), str(d)) for d in dtypes}
    name = next((d for d in ("bfloat16", "float16", "float32") if d in found), "float64")
    return globals()[f"{name}_rtol"], globals()[f"{name}_atol"]
