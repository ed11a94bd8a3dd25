// What Swift's Glibc module leaves out: epoll, eventfd, signalfd and the GNU-only prototypes.
#pragma once
#include <malloc.h>
#include <pthread.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// Declared by hand: the headers hide them unless _GNU_SOURCE was set when the Glibc module was built.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int sched_getaffinity(pid_t process, size_t size, cpu_set_t *cores);
int pthread_setname_np(pthread_t thread, const char *name);

// sched_setattr(2) of the calling thread, which the C library leaves out, as SCHED_BATCH; 0, or -1 and errno.
long syscall(long number, ...);
static inline int clinux_step_back(int32_t niceness, uint64_t slice_nanoseconds) {
    struct { uint32_t size, policy; uint64_t flags; int32_t niceness; uint32_t priority; uint64_t runtime, deadline, period; }
        schedule = {.size = 48, .policy = 3, .niceness = niceness, .runtime = slice_nanoseconds};
    return (int)syscall(SYS_sched_setattr, 0, &schedule, 0);
}

// fcntl is variadic.
static inline int clinux_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }
static inline int clinux_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
static inline int clinux_make_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

// ioctl is variadic. SIOCOUTQ of tcp(7): bytes that the other end has not acknowledged, sent or not; -1 and errno.
static inline int clinux_unacknowledged(int descriptor) {
    int bytes = 0;
    return ioctl(descriptor, TIOCOUTQ, &bytes) == 0 ? bytes : -1;
}
