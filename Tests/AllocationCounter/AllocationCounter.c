// glibc's allocator with a count for each thread: definitions in the executable take the place of the library's.
#include "AllocationCounter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Thread_local int isCounting;
static _Thread_local long live, most;

static void *counted(void *block) {
    if (isCounting && block) {
        live += (long)malloc_usable_size(block);
        if (live > most) most = live;
    }
    return block;
}

static void uncounted(void *block) {
    if (isCounting && block) live -= (long)malloc_usable_size(block);
}

void allocation_counter_begin(void) {
    live = most = 0;
    isCounting = 1;
}

long allocation_counter_end(void) {
    isCounting = 0;
    return most;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void *realloc(void *block, size_t size) {
    uncounted(block);
    void *moved = __libc_realloc(block, size);
    // A failed one leaves the old block where it was.
    if (!moved && size > 0) counted(block);
    return counted(moved);
}

void free(void *block) {
    uncounted(block);
    __libc_free(block);
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    void *block = counted(__libc_memalign(alignment, size));
    if (!block) return ENOMEM;
    *result = block;
    return 0;
}
