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
#include <sys/socket.h>

// Declared by hand: the headers hide them unless _GNU_SOURCE was set when the Glibc module was built.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int sched_getaffinity(pid_t process, size_t size, cpu_set_t *cores);
int pthread_setname_np(pthread_t thread, const char *name);
static const int clinux_sched_batch = 3; // SCHED_BATCH of <linux/sched.h>

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
