/* The memory of buffers. Those of medium size lie side by side in chunks of large pages, which all functions share: the
 * first write to a small page costs 2 us on a virtual machine, so that the first call of a loop that keeps a few
 * megabytes took a third longer than later ones.
 *
 * A chunk is filled from its beginning; what is freed gives its pages back at once, and the address space goes with the
 * last buffer. Where all that is kept is less than half a page it stays in small ones.
 */
#include "machine.h"
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#define HEADER 64                           /* before each buffer: `place` */
#define PAGE ((size_t)2 << 20)
#define CHUNK (8 * PAGE)
#define MEDIUM ((size_t)64 << 10)

typedef struct chunk {
    size_t used;
    int64_t live;                           /* how many buffers */
} chunk;

typedef struct place {
    chunk *in;                              /* NULL: it is one of malloc's */
    void *given;                            /* what malloc gave */
    size_t nbytes;
    size_t counted;                         /* bytes from here on, where they are of `kept` */
} place;

void th_forget(char *from, size_t nbytes)
{
#ifdef MADV_DONTNEED
    static uintptr_t page;
    if (!page)
        page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)from + page - 1) & -page, end = ((uintptr_t)from + nbytes) & -page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
#else
    (void)from; (void)nbytes;
#endif
}

#ifdef MADV_HUGEPAGE
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static chunk *filled;                       /* the chunk that new buffers go to */
static size_t kept;                         /* bytes of all buffers of medium size */

static void take(void) { pthread_mutex_lock(&lock); }

static void give(void) { pthread_mutex_unlock(&lock); }

static void mind_forks(void) { pthread_atfork(take, give, give); }

static chunk *new_chunk(void)
{
    char *all = mmap(NULL, CHUNK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    char *aligned = (char *)(((uintptr_t)all + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    if (aligned > all)
        munmap(all, (size_t)(aligned - all));
    munmap(aligned + CHUNK, (size_t)(all + PAGE - aligned));
    madvise(aligned, CHUNK, MADV_HUGEPAGE);
    chunk *c = (chunk *)aligned;
    c->used = HEADER;
    return c;
}

static char *from_chunk(size_t size)
{
    char *p = NULL;
    pthread_once(&once, mind_forks);
    take();
    kept += size;
    if (kept < PAGE / 2) {
        give();
        return NULL;
    }
    if (!filled || filled->used + size > CHUNK) {
        chunk *full = filled;
        filled = new_chunk();
        if (full && !full->live)
            munmap(full, CHUNK);
    }
    if (filled) {
        p = (char *)filled + filled->used;
        filled->used += size;
        filled->live++;
        *(place *)p = (place){filled, NULL, size - HEADER, size};
    }
    give();
    return p ? p + HEADER : NULL;
}

static void back_to_chunk(chunk *c, char *p, size_t size)
{
    th_forget(p, size);
    take();
    c->live--;
    if (!c->live && c == filled) {          /* what nobody had been given yet is in memory too */
        th_forget((char *)c + HEADER, CHUNK - HEADER);
        c->used = HEADER;
    } else if (!c->live) {
        munmap(c, CHUNK);
    }
    give();
}

static void forget_size(size_t size)
{
    if (!size)
        return;
    take();
    kept -= size;
    give();
}
#else
static void back_to_chunk(chunk *c, char *p, size_t size) { (void)c; (void)p; (void)size; }

static void forget_size(size_t size) { (void)size; }
#endif

char *th_new_buffer(size_t nbytes, size_t used)
{
    size_t size = ((nbytes + 63) & ~(size_t)63) + HEADER, counted = 0;
#ifdef MADV_HUGEPAGE
    if (used >= MEDIUM && size < TH_LARGE) {
        char *buffer = from_chunk(size);
        if (buffer)
            return buffer;
        counted = size;
    }
#endif
    char *given = malloc(size + 64);
    if (!given) {
        forget_size(counted);
        return NULL;
    }
    char *p = given + (-(uintptr_t)given & 63);
    *(place *)p = (place){NULL, given, nbytes, counted};
#ifdef MADV_HUGEPAGE
    uintptr_t skipped = -(uintptr_t)p & 4095;
    if (used >= TH_LARGE)
        madvise(p + skipped, (size - skipped) & ~(size_t)4095, MADV_HUGEPAGE);
#endif
    return p + HEADER;
}

void th_free_buffer(char *buffer)
{
    if (!buffer)
        return;
    place p = *(place *)(buffer - HEADER);
    forget_size(p.counted);
    if (p.in)
        back_to_chunk(p.in, buffer - HEADER, p.counted);
    else
        free(p.given);
}

size_t th_buffer_size(const char *buffer)
{
    return ((const place *)(buffer - HEADER))->nbytes;
}
