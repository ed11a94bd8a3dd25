// Preloaded into the server: from the nth write to a write-ahead log, or the nth fsync, each one fails with EIO, as on a broken disk.
//   EIO=write:20   nothing is written          EIO=sync:20   all is written, and the error says that nobody knows
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(const char *kind) {
    static atomic_long calls;
    const char *chosen = getenv("EIO");
    size_t length = strlen(kind);
    if (!chosen || strncmp(chosen, kind, length) != 0 || chosen[length] != ':') return 0;
    return atomic_fetch_add(&calls, 1) + 1 >= atol(chosen + length + 1);
}

static int is_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

#define SYNC(name)                                                    \
    int name(int fd) {                                                \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);     \
        int result = real(fd);                                        \
        if (!fails("sync")) return result;                            \
        errno = EIO;                                                  \
        return -1;                                                    \
    }
SYNC(fsync)
SYNC(fdatasync)

#define WRITE(name, offset_type)                                                                                          \
    ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) {                                           \
        if (is_log(fd) && fails("write")) {                                                                               \
            errno = EIO;                                                                                                  \
            return -1;                                                                                                    \
        }                                                                                                                 \
        return ((ssize_t(*)(int, const void *, size_t, offset_type))dlsym(RTLD_NEXT, #name))(fd, bytes, count, offset);   \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)
