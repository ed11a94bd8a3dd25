// Preloaded into the server: from the nth call of a kind on, each one fails with EIO, as on a broken disk.
//   EIO=write:20        writes of a writer's thread to a write-ahead log: nothing is written
//   EIO=sync:20         fsync: all is written, and the error says that nobody knows
//   EIO=checkpoint:1    fsync of a database file, which only a checkpoint does once it is there
//   EIO=read:1          what a statement of a writer's thread reads
//   EIO=stale:1         the same with ESTALE: a disk on the network that has gone, and not a sector that cannot be read
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int fails(const char *kind) {
    static atomic_long calls;
    const char *chosen = getenv("EIO");
    size_t length = strlen(kind);
    if (!chosen || strncmp(chosen, kind, length) != 0 || chosen[length] != ':') return 0;
    return atomic_fetch_add(&calls, 1) + 1 >= atol(chosen + length + 1);
}

static int is_named(int fd, const char *end) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path), count = strlen(end);
    return length > count && memcmp(path + length - count, end, count) == 0;
}

static int is_writer(void) {
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    return strstr(name, "-writer") != NULL;
}

#define SYNC(name)                                                                                                        \
    int name(int fd) {                                                                                                    \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);                                                         \
        int result = real(fd);                                                                                            \
        if (!fails("sync") && !(is_writer() && is_named(fd, ".db") && fails("checkpoint"))) return result;                \
        errno = EIO;                                                                                                      \
        return -1;                                                                                                        \
    }
SYNC(fsync)
SYNC(fdatasync)

#define WRITE(name, offset_type)                                                                                          \
    ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) {                                           \
        if (is_writer() && is_named(fd, "-wal") && fails("write")) {                                                       \
            errno = EIO;                                                                                                  \
            return -1;                                                                                                    \
        }                                                                                                                 \
        return ((ssize_t(*)(int, const void *, size_t, offset_type))dlsym(RTLD_NEXT, #name))(fd, bytes, count, offset);   \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define READ(name, offset_type)                                                                                           \
    ssize_t name(int fd, void *bytes, size_t count, offset_type offset) {                                                 \
        int is_watched = is_writer() && (is_named(fd, ".db") || is_named(fd, "-wal"));                                    \
        if (is_watched && (fails("read") || fails("stale"))) {                                                            \
            errno = fails("stale") ? ESTALE : EIO;                                                                        \
            return -1;                                                                                                    \
        }                                                                                                                 \
        return ((ssize_t(*)(int, void *, size_t, offset_type))dlsym(RTLD_NEXT, #name))(fd, bytes, count, offset);         \
    }
READ(pread, off_t)
READ(pread64, off64_t)
