// Preloaded into the server: keeps in the folder SHADOW what its databases are after a power failure, by copying what was written to a file
// when the file is synced, and not before. With LIE set nothing is copied, as by a disk that says so and has not written.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, #name))
typedef ssize_t (*pwrite_type)(int, const void *, size_t, off64_t);
typedef int (*truncate_type)(int, off64_t);

/// A write, or (length -1) a cut at the offset, that is not synced yet.
struct change { off64_t offset; ssize_t length; };
static struct file { char path[512]; int shadow; struct change *changes; size_t count, room; } files[8];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/// The database or log behind a descriptor, with the mutex held; null for other files.
static struct file *lock(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 8 || !getenv("SHADOW")) return NULL;
    path[length] = 0;
    if (strcmp(path + length - 3, ".db") != 0 && strcmp(path + length - 7, ".db-wal") != 0) return NULL;
    pthread_mutex_lock(&mutex);
    struct file *file = files;
    while (file->path[0] && strcmp(file->path, path) != 0) file++;
    if (!file->path[0]) {
        char shadow[1024];
        strcpy(file->path, path);
        snprintf(shadow, sizeof shadow, "%s/%s", getenv("SHADOW"), strrchr(path, '/') + 1);
        file->shadow = open(shadow, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    }
    return file;
}

static void note(int fd, off64_t offset, ssize_t length) {
    struct file *file = lock(fd);
    if (!file) return;
    if (file->count == file->room) {
        file->room = file->room * 2 + 64;
        file->changes = realloc(file->changes, file->room * sizeof *file->changes);
    }
    file->changes[file->count++] = (struct change){offset, length};
    pthread_mutex_unlock(&mutex);
}

static void keep(int fd) {
    struct file *file = getenv("LIE") ? NULL : lock(fd);
    if (!file) return;
    for (size_t n = 0; n < file->count; n++) {
        struct change change = file->changes[n];
        if (change.length < 0) {
            REAL(truncate_type, ftruncate64)(file->shadow, change.offset);
            continue;
        }
        char bytes[65536];
        for (off64_t done = 0; done < change.length;) {
            size_t wanted = change.length - done < (off64_t)sizeof bytes ? change.length - done : sizeof bytes;
            ssize_t got = pread64(fd, bytes, wanted, change.offset + done);
            if (got <= 0) break;
            REAL(pwrite_type, pwrite64)(file->shadow, bytes, got, change.offset + done);
            done += got;
        }
    }
    file->count = 0;
    pthread_mutex_unlock(&mutex);
}

#define SYNC(name)                                  \
    int name(int fd) {                              \
        int result = REAL(int (*)(int), name)(fd);  \
        if (result == 0) keep(fd);                  \
        return result;                              \
    }
SYNC(fsync)
SYNC(fdatasync)

#define WRITE(name)                                                           \
    ssize_t name(int fd, const void *bytes, size_t count, off64_t offset) {   \
        ssize_t written = REAL(pwrite_type, name)(fd, bytes, count, offset);  \
        if (written > 0) note(fd, offset, written);                           \
        return written;                                                       \
    }
WRITE(pwrite)
WRITE(pwrite64)

#define TRUNCATE(name)                                            \
    int name(int fd, off64_t length) {                            \
        int result = REAL(truncate_type, name)(fd, length);       \
        if (result == 0) note(fd, length, -1);                    \
        return result;                                            \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)
