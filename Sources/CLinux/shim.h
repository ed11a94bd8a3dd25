// What Swift's Glibc module leaves out: epoll, eventfd, signalfd and the GNU-only prototypes.
#pragma once
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// Declared by hand: the headers hide them unless _GNU_SOURCE was set when the Glibc module was built.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int pthread_setname_np(pthread_t thread, const char *name);
