#section support_code
static int same_extent(PyArrayObject *a, PyArrayObject *b)
{
    return PyArray_DIM(a, 0) == PyArray_DIM(b, 0);
}

#section support_code_apply
int APPLY_SPECIFIC(scaled)(PyArrayObject *x, PyArrayObject *y, PyArrayObject **z, PARAMS_TYPE *params)
{
    if (!same_extent(x, y)) {
        PyErr_SetString(PyExc_ValueError, "x and y differ in length");
        return 1;
    }
    if (*z == NULL || !same_extent(x, *z)) {
        Py_XDECREF(*z);
        *z = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS(x), TYPENUM_OUTPUT_0, 0);
        if (!*z)
            return 1;
    }
    for (npy_intp i = 0; i < PyArray_DIM(x, 0); i++)
        *(DTYPE_OUTPUT_0 *)PyArray_GETPTR1(*z, i) = (DTYPE_PARAM_scale)params->scale
            * *(DTYPE_INPUT_0 *)PyArray_GETPTR1(x, i) * *(DTYPE_INPUT_1 *)PyArray_GETPTR1(y, i);
    return 0;
}
