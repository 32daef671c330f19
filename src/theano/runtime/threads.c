/* A pool of threads shared by all functions of the process.
 *
 * Work is cut into one piece per thread. Who finds the pool busy, or is itself a piece of such work, computes
 * alone. A forked child starts with no workers and makes its own.
 */
#include <pthread.h>
#include "vm.h"

#define MAX_THREADS 256

typedef struct work {
    void (*body)(void *, int64_t, int64_t);
    void *arg;
    int64_t n, pieces, next, done;
} work;

static pthread_mutex_t user = PTHREAD_MUTEX_INITIALIZER;   /* held by who uses the pool */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;   /* guards what follows */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static work *current;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int workers, for_loops = 1, for_products = 1;   /* runtime/native.py sets how many are wanted */
static _Thread_local int inside;

int th_num_threads(void) { return inside ? 1 : for_loops; }

int th_product_threads(void) { return inside ? 1 : for_products; }

static int possible(int n) { return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n; }

void th_set_num_threads(int loops, int products)
{
    for_loops = possible(loops);
    for_products = possible(products);
}

/* Takes pieces until none is left. Called and left with the lock held. */
static void take_pieces(work *w)
{
    while (w->next < w->pieces) {
        int64_t piece = w->next++;
        pthread_mutex_unlock(&lock);
        w->body(w->arg, w->n * piece / w->pieces, w->n * (piece + 1) / w->pieces);
        pthread_mutex_lock(&lock);
        if (++w->done == w->pieces) pthread_cond_signal(&idle);
    }
}

static void *worker(void *unused)
{
    (void)unused;
    inside = 1;
    pthread_mutex_lock(&lock);
    for (;;) {
        if (current && current->next < current->pieces) take_pieces(current);
        else pthread_cond_wait(&wake, &lock);
    }
    return NULL;
}

static void start_workers(int n)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (workers < n && pthread_create(&thread, &attributes, worker, NULL) == 0) workers++;
    pthread_attr_destroy(&attributes);
}

/* In a forked child the workers are gone, and a lock may be held by a thread that no longer exists. */
static void after_fork(void)
{
    pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t quiet = PTHREAD_COND_INITIALIZER;
    user = lock = fresh;
    wake = idle = quiet;
    current = NULL;
    workers = 0;
    inside = 0;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork);
}

void th_parallel_for(void (*body)(void *arg, int64_t begin, int64_t end), void *arg, int64_t n, int64_t threads)
{
    int64_t pieces = n < threads ? n : threads;
    if (pieces <= 1 || pthread_mutex_trylock(&user) != 0) {
        if (n > 0) body(arg, 0, n);
        return;
    }
    pthread_once(&once, watch_forks);
    work w = { body, arg, n, pieces, 0, 0 };
    pthread_mutex_lock(&lock);
    start_workers((int)pieces - 1);
    current = &w;
    pthread_cond_broadcast(&wake);
    inside = 1;
    take_pieces(&w);
    inside = 0;
    while (w.done < w.pieces) pthread_cond_wait(&idle, &lock);
    current = NULL;
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&user);
}
