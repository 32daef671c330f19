/* Long rows of numbers in order, by the digits of their keys, the last digit first (Knuth, The Art of Computer
 * Programming, volume 3, 5.2.5, algorithm R, with counted places instead of lists). Equal numbers stay in their order. */
#include "arrays.h"

/* Values of a digit; numbers from which on this is quicker; bytes of memory that are too much for it. */
enum { VALUES = 256, LONG_ROW = 1000, LONG_ORDER = 400, MOST = 1 << 28 };

typedef struct { uint32_t key, place; } pair32;
typedef struct { uint64_t key, place; } pair64;

/* Gives where the elements are in the end, x or spare. Digits that are the same in all keys take no pass. */
#define BY_DIGITS(NAME, K, E, KEY)                                                                                      \
    static E *NAME(E *x, E *spare, int64_t n)                                                                           \
    {                                                                                                                   \
        uint32_t count[sizeof(K)][VALUES] = {{0}};                                                                      \
        int in_order = 1;                                                                                               \
        for (int64_t i = 0; i < n; i++) {                                                                               \
            K key = KEY(x[i]);                                                                                          \
            in_order &= i == 0 || KEY(x[i - 1]) <= key;                                                                 \
            for (int d = 0; d < (int)sizeof(K); d++)                                                                    \
                count[d][(key >> 8 * d) % VALUES]++;                                                                    \
        }                                                                                                               \
        for (int d = 0; d < (int)sizeof(K) && !in_order; d++) {                                                         \
            uint32_t *at = count[d], sum = 0;                                                                           \
            if (at[(KEY(x[0]) >> 8 * d) % VALUES] == n)                                                                 \
                continue;                                                                                               \
            for (int v = 0; v < VALUES; v++) {                                                                          \
                uint32_t more = at[v];                                                                                  \
                at[v] = sum;                                                                                            \
                sum += more;                                                                                            \
            }                                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                             \
                spare[at[(KEY(x[i]) >> 8 * d) % VALUES]++] = x[i];                                                      \
            E *other = x;                                                                                               \
            x = spare;                                                                                                  \
            spare = other;                                                                                              \
        }                                                                                                               \
        return x;                                                                                                       \
    }
#define WHOLE(x) (x)
#define KEY_OF(x) ((x).key)
BY_DIGITS(sort32, uint32_t, uint32_t, WHOLE)
BY_DIGITS(sort64, uint64_t, uint64_t, WHOLE)
BY_DIGITS(order32, uint32_t, pair32, KEY_OF)
BY_DIGITS(order64, uint64_t, pair64, KEY_OF)

/* Unsigned numbers in the same order as a number whose bits are v: floats are turned where they are negative, integers
 * begin with the smallest one. A nan, of either sign, comes last. */
#define TOP(K) ((K)1 << (8 * sizeof(K) - 1))
#define TURNED(K) (v & TOP(K) ? ~v : v | TOP(K))
#define BACK(K) (v & TOP(K) ? v ^ TOP(K) : ~v)
#define FLOAT_KEY(K, INF) ((v & ~TOP(K)) > INF ? ~(K)0 : TURNED(K))
#define SIGNED_KEY(K) (v ^ TOP(K))
#define INF32 0x7f800000u
#define INF64 0x7ff0000000000000u
#define NAN32 0x7fc00000u
#define NAN64 0x7ff8000000000000u
/* Whether a float can't be told from its key, as one of several that are nan, or would not stay among its equals. */
#define IS_ODD(K, INF, NAN) (v == TOP(K) || ((v & ~TOP(K)) > INF && v != NAN))

int64_t th_room_to_sort(int dtype, int64_t n, int order)
{
    int item = dtype == TH_FLOAT64 || dtype == TH_INT64 || dtype == TH_UINT64 ? 8 :
               dtype == TH_FLOAT32 || dtype == TH_INT32 || dtype == TH_UINT32 ? 4 : 0;
    int64_t bytes = n * item * (order ? 4 : 1);
    return n >= (order ? LONG_ORDER : LONG_ROW) && bytes <= MOST ? bytes : 0;
}

#define SORT(K, THERE, BACK_AGAIN, ODD) {                                                                               \
        K *x = (K *)values, odd = 0;                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                                               \
            K v = x[i];                                                                                                 \
            (void)v;                                                                                                    \
            odd |= ODD;                                                                                                 \
        }                                                                                                               \
        if (odd)                                                                                                        \
            return 0;                                                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                                               \
            K v = x[i];                                                                                                 \
            x[i] = THERE;                                                                                               \
        }                                                                                                               \
        const K *found = sizeof(K) == 4 ? (const K *)sort32((void *)x, room, n)                                         \
                                        : (const K *)sort64((void *)x, room, n);                                        \
        for (int64_t i = 0; i < n; i++) {                                                                               \
            K v = found[i];                                                                                             \
            x[i] = BACK_AGAIN;                                                                                          \
        }                                                                                                               \
        return 1;                                                                                                       \
    }

int th_sort_by_digits(int dtype, char *values, int64_t n, void *room)
{
    switch (dtype) {
    case TH_INT32: SORT(uint32_t, SIGNED_KEY(uint32_t), SIGNED_KEY(uint32_t), 0)
    case TH_INT64: SORT(uint64_t, SIGNED_KEY(uint64_t), SIGNED_KEY(uint64_t), 0)
    case TH_UINT32: SORT(uint32_t, v, v, 0)
    case TH_UINT64: SORT(uint64_t, v, v, 0)
    case TH_FLOAT32: SORT(uint32_t, FLOAT_KEY(uint32_t, INF32), BACK(uint32_t), IS_ODD(uint32_t, INF32, NAN32))
    case TH_FLOAT64: SORT(uint64_t, FLOAT_KEY(uint64_t, INF64), BACK(uint64_t), IS_ODD(uint64_t, INF64, NAN64))
    }
    return 0;
}

#define ORDER(K, PAIR, SORTED, THERE) {                                                                                 \
        const K *x = (const K *)values;                                                                                 \
        PAIR *pair = room;                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                               \
            K v = x[i];                                                                                                 \
            pair[i] = (PAIR){THERE, (K)i};                                                                              \
        }                                                                                                               \
        const PAIR *found = SORTED(pair, pair + n, n);                                                                  \
        for (int64_t i = 0; i < n; i++)                                                                                 \
            places[i] = (int64_t)found[i].place;                                                                        \
        return;                                                                                                         \
    }
#define ZERO(K, KEY) (v == TOP(K) ? TOP(K) : (KEY))             /* -0 equals 0 */

void th_order_by_digits(int dtype, const char *values, int64_t *places, int64_t n, void *room)
{
    switch (dtype) {
    case TH_INT32: ORDER(uint32_t, pair32, order32, SIGNED_KEY(uint32_t))
    case TH_INT64: ORDER(uint64_t, pair64, order64, SIGNED_KEY(uint64_t))
    case TH_UINT32: ORDER(uint32_t, pair32, order32, v)
    case TH_UINT64: ORDER(uint64_t, pair64, order64, v)
    case TH_FLOAT32: ORDER(uint32_t, pair32, order32, ZERO(uint32_t, FLOAT_KEY(uint32_t, INF32)))
    case TH_FLOAT64: ORDER(uint64_t, pair64, order64, ZERO(uint64_t, FLOAT_KEY(uint64_t, INF64)))
    }
}
