/* The forward steps of an LSTM as one would write them by hand: what `benchmarks.loops` compares with. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef void (*sgemm_fn)(const char *, const char *, const int64_t *, const int64_t *, const int64_t *, const float *,
                         const float *, const int64_t *, const float *, const int64_t *, const float *, float *,
                         const int64_t *);

/* xw: (steps, rows, 4 n), what the inputs give; u: (n, 4 n); h, c: (steps + 1, rows, n), of which the first rows are
 * given; z: room for (rows, 4 n). */
void lstm(sgemm_fn sgemm, const float *xw, const float *u, float *h, float *c, float *z, int64_t steps, int64_t rows,
          int64_t n)
{
    const int64_t wide = 4 * n;
    const float one = 1;
    for (int64_t t = 0; t < steps; t++) {
        const float *before = h + t * rows * n, *cell = c + t * rows * n;
        float *next = h + (t + 1) * rows * n, *kept = c + (t + 1) * rows * n;
        memcpy(z, xw + t * rows * wide, rows * wide * sizeof *z);
        sgemm("N", "N", &wide, &rows, &n, &one, u, &wide, before, &n, &one, z, &wide);
        for (int64_t i = 0; i < rows; i++) {
            const float *g = z + i * wide;
#pragma omp simd
            for (int64_t j = 0; j < n; j++) {
                float in = 1 / (1 + expf(-g[j])), forget = 1 / (1 + expf(-g[n + j]));
                float out = 1 / (1 + expf(-g[3 * n + j]));
                float value = forget * cell[i * n + j] + in * tanhf(g[2 * n + j]);
                kept[i * n + j] = value;
                next[i * n + j] = out * tanhf(value);
            }
        }
    }
}
