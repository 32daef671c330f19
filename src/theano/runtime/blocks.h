/* Copies of many blocks of so many bytes each, which lie one behind the other or at places of their own. */
#ifndef THEANO_RUNTIME_BLOCKS_H
#define THEANO_RUNTIME_BLOCKS_H

#include "arrays.h"

enum {
    TH_BLOCKS_AHEAD = 12,       /* blocks of few bytes that are on their way from memory while one is copied, */
    TH_LONG_AHEAD = 3,          /* of many bytes, */
    TH_BLOCK_ASKED = 2048,      /* and how much of each at most */
    TH_BLOCK_WRITTEN = 1024,    /* bytes that are written until a line is that is asked for now */
    TH_BLOCK_MOVED = 4096,      /* so large blocks are left to th_move */
};

static inline __attribute__((always_inline)) void th_ask_for_block(const char *x, int64_t nbytes, int written)
{
    for (int64_t i = 0; i < nbytes && i < TH_BLOCK_ASKED; i += 64)
        if (written)
            __builtin_prefetch(x + i, 1);
        else
            __builtin_prefetch(x + i);
}

/* Block j is at to_at[j] and from_at[j]; without those, each is as far behind the one before as the step says. Lines that
 * are written in order are asked for as well: they come one after another where they are waited for when they are
 * written (316 rows of 1264 bytes: 8.9 us, else 10.6). */
static inline __attribute__((always_inline)) void
th_copy_blocks(char *restrict to, const int64_t *to_at, int64_t to_step, const char *restrict from,
               const int64_t *from_at, int64_t from_step, int64_t n, int64_t nbytes)
{
    typedef uint64_t V __attribute__((vector_size(64), aligned(1), may_alias));
/* COPY copies the bytes from `y` to `x`. */
#define EACH(AHEAD, COPY)                                                                                              \
    for (int64_t j = 0; j < n; j++) {                                                                                  \
        char *x = to + (to_at ? to_at[j] : j * to_step);                                                               \
        const char *y = from + (from_at ? from_at[j] : j * from_step);                                                 \
        if (to_at && j + AHEAD < n)                                                                                    \
            th_ask_for_block(to + to_at[j + AHEAD], nbytes, 1);                                                        \
        if (from_at && j + AHEAD < n)                                                                                  \
            th_ask_for_block(from + from_at[j + AHEAD], nbytes, 0);                                                    \
        COPY                                                                                                           \
    }                                                                                                                  \
    return;
/* So many pieces from the first byte on, and one that ends with the last. */
#define PIECES(SIZE, N)                                                                                                \
    if (nbytes <= SIZE * (N + 1)) {                                                                                    \
        EACH(TH_BLOCKS_AHEAD, {                                                                                        \
            if (!to_at)                                                                                                \
                __builtin_prefetch(x + TH_BLOCK_WRITTEN, 1);                                                           \
            memcpy(x, y, SIZE * N);                                                                                    \
            memcpy(x + nbytes - SIZE, y + nbytes - SIZE, SIZE);                                                        \
        })                                                                                                             \
    }
    if (!nbytes)
        return;
    if (nbytes >= TH_BLOCK_MOVED) {
        EACH(TH_LONG_AHEAD, th_move(x, y, nbytes);)
    }
    if (nbytes > 64) {
        EACH(TH_LONG_AHEAD, {
            int64_t i = 0;
            for (; i + 64 <= nbytes; i += 64) {
                if (!to_at)
                    __builtin_prefetch(x + i + TH_BLOCK_WRITTEN, 1);
                *(V *)(x + i) = *(const V *)(y + i);
            }
            *(V *)(x + nbytes - 64) = *(const V *)(y + nbytes - 64);
        })
    }
    PIECES(1, 1) PIECES(2, 1) PIECES(4, 1) PIECES(8, 1) PIECES(8, 2) PIECES(16, 1) PIECES(16, 2) PIECES(16, 3)
#undef PIECES
#undef EACH
}
#endif
