/* The table of prebuilt kernels. */
#include "kernels.h"

const th_kernel th_kernels[] = {
    {"arange", th_arange},
    {"eye", th_eye},
    {"tri", th_tri},
    {"alloc_diag", th_alloc_diag},
    {"join", th_join},
    {"split", th_split},
    {"argmax", th_argmax},
    {"batched_dot", th_batched_dot},
    {"gather", th_gather},
    {"scatter", th_scatter},
    {"nonzero", th_nonzero},
    {"diagonal", th_diagonal},
    {"fill_diagonal", th_fill_diagonal},
    {"repeat", th_repeat},
    {"cumulate", th_cumulate},
    {"sort", th_sort},
    {"topk", th_topk},
    {"searchsorted", th_searchsorted},
    {"choose", th_choose},
    {"bincount", th_bincount},
    {"unique", th_unique},
    {"pool", th_pool},
    {"recurrence", th_recurrence},
    {NULL, NULL},
};
