// What Swift's Glibc module leaves out: epoll, eventfd, signalfd, accept4, GNU prototypes.
#pragma once
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <signal.h>
