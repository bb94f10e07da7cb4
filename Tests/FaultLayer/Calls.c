// The calls that change the disk or speak to the network, each in the place of the C library's own.
#define _GNU_SOURCE
#include "Points.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

// MARK: - Opening

/// What a start of the machine is told by: after a power cut, another one.
static const char *own_boot(const char *path) {
    const char *boot = getenv("JOBD_FAULT_BOOT");
    return boot && path && !strcmp(path, "/proc/sys/kernel/random/boot_id") ? boot : path;
}

/// Declares `real`, the C library's function `name`.
#define REAL(name)                                    \
    static __typeof__(&name) real;                    \
    if (!real) real = (__typeof__(&name))real_function(#name)

/// Makes `call` unless it was ordered to fail or to crash.
#define GUARDED(type, point, call)                    \
    do {                                              \
        int error = enter(&(point));                  \
        if (error) { errno = error; return (type)-1; } \
        type result = (call);                         \
        leave(&(point));                              \
        return result;                                \
    } while (0)

static struct point point_of_open(int directory, const char *path, int flags) {
    struct point point = point_at_path("open", directory, path);
    // To open what is there changes nothing.
    point.counts = point.counts
        && ((flags & O_TRUNC) || ((flags & O_CREAT) && syscall(SYS_faccessat, directory, path, F_OK) != 0));
    return point;
}

#define OPENING(name, parameters, directory, arguments)                       \
    int name parameters {                                                     \
        REAL(name);                                                           \
        int mode = 0;                                                         \
        if (flags & (O_CREAT | O_TMPFILE)) {                                  \
            va_list rest;                                                     \
            va_start(rest, flags);                                            \
            mode = va_arg(rest, int);                                         \
            va_end(rest);                                                     \
        }                                                                     \
        int before = errno;                                                   \
        path = own_boot(path);                                                \
        struct point point = point_of_open(directory, path, flags);           \
        errno = before;                                                       \
        GUARDED(int, point, real arguments);                                  \
    }

OPENING(open, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENING(openat, (int directory, const char *path, int flags, ...), directory, (directory, path, flags, mode))
OPENING(openat64, (int directory, const char *path, int flags, ...), directory, (directory, path, flags, mode))

// MARK: - Contents

/// What is written to the standard output is an answer to somebody: a point as well.
static struct point point_of_write(int file) {
    struct point point = point_at_file("write", file);
    if (file == STDOUT_FILENO && point.path[0]) {
        point.call = "answer";
        point.counts = true;
    }
    return point;
}

ssize_t write(int file, const void *bytes, size_t size) {
    REAL(write);
    struct point point = point_of_write(file);
    GUARDED(ssize_t, point, real(file, bytes, torn_size(&point, size)));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    REAL(pwrite);
    struct point point = point_at_file("write", file);
    GUARDED(ssize_t, point, real(file, bytes, torn_size(&point, size), offset));
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    REAL(pwrite64);
    struct point point = point_at_file("write", file);
    GUARDED(ssize_t, point, real(file, bytes, torn_size(&point, size), offset));
}

int ftruncate(int file, off_t size) {
    REAL(ftruncate);
    struct point point = point_at_file("truncate", file);
    GUARDED(int, point, real(file, size));
}

int ftruncate64(int file, off64_t size) {
    REAL(ftruncate64);
    struct point point = point_at_file("truncate", file);
    GUARDED(int, point, real(file, size));
}

#define SYNCING(name)                                                 \
    int name(int file) {                                              \
        REAL(name);                                                   \
        struct point point = point_at_file("sync", file);             \
        int error = enter(&point);                                    \
        if (error) { errno = error; return -1; }                      \
        struct copy copy = shadow_begin(file, point.counts);          \
        int result = real(file);                                      \
        shadow_end(&copy, result == 0);                               \
        leave(&point);                                                \
        return result;                                                \
    }

SYNCING(fsync)
SYNCING(fdatasync)

// MARK: - Names

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    struct point point = point_at_path("mkdir", AT_FDCWD, path);
    GUARDED(int, point, real(path, mode));
}

int mkdirat(int directory, const char *path, mode_t mode) {
    REAL(mkdirat);
    struct point point = point_at_path("mkdir", directory, path);
    GUARDED(int, point, real(directory, path, mode));
}

int unlinkat(int directory, const char *path, int flags) {
    REAL(unlinkat);
    struct point point = point_at_path("unlink", directory, path);
    if (point.counts) shadow_keep(directory, path);
    GUARDED(int, point, real(directory, path, flags));
}

int unlink(const char *path) {
    REAL(unlink);
    struct point point = point_at_path("unlink", AT_FDCWD, path);
    if (point.counts) shadow_keep(AT_FDCWD, path);
    GUARDED(int, point, real(path));
}

int renameat(int from, const char *old, int to, const char *new) {
    REAL(renameat);
    struct point point = point_at_path("rename", to, new);
    if (point.counts) shadow_keep(to, new);
    GUARDED(int, point, real(from, old, to, new));
}

int rename(const char *old, const char *new) {
    REAL(rename);
    struct point point = point_at_path("rename", AT_FDCWD, new);
    if (point.counts) shadow_keep(AT_FDCWD, new);
    GUARDED(int, point, real(old, new));
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
    REAL(linkat);
    struct point point = point_at_path("link", to, new);
    GUARDED(int, point, real(from, old, to, new, flags));
}

/// The C library of Debian 12 shows `renameat2` to few; who wants it calls it by number.
long syscall(long number, ...) {
    REAL(syscall);
    va_list rest;
    va_start(rest, number);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    if (number != SYS_renameat2) return real(number, a, b, c, d, e, f);
    struct point point = point_at_path("rename", (int)c, (const char *)d);
    GUARDED(long, point, real(number, a, b, c, d, e, f));
}

// MARK: - Network

int bind(int socket, const struct sockaddr *address, socklen_t size) {
    REAL(bind);
    struct point point = {.call = "bind"};
    if (address->sa_family == AF_UNIX)
        point = point_at_path("bind", AT_FDCWD, ((const struct sockaddr_un *)address)->sun_path);
    GUARDED(int, point, real(socket, address, size));
}

int connect(int socket, const struct sockaddr *address, socklen_t size) {
    REAL(connect);
    struct point point = point_at_socket("connect", socket);
    GUARDED(int, point, real(socket, address, size));
}

ssize_t send(int socket, const void *bytes, size_t size, int flags) {
    REAL(send);
    struct point point = point_at_socket("send", socket);
    GUARDED(ssize_t, point, real(socket, bytes, torn_size(&point, size), flags));
}

// MARK: - Signals

/// Only ever slowed down: what comes meanwhile must not be lost.
int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
    REAL(sigaction);
    struct point point = {.call = "signal"};
    snprintf(point.path, sizeof point.path, "%d", number);
    orders_of(&point);
    return real(number, action, old);
}

// MARK: - The kind of file system

/// JOBD_FAULT_FS in the place of the real kind: what a network's file system would say of itself.
int statfs(const char *path, struct statfs *status) {
    REAL(statfs);
    const char *kind = getenv("JOBD_FAULT_FS");
    int result = real(path, status);
    if (result == 0 && kind) status->f_type = (__typeof__(status->f_type))strtoul(kind, NULL, 0);
    return result;
}

// MARK: - What a machine may have run out of, or forbid

/// JOBD_FAULT_NO_INOTIFY: all instances that a user may have are taken.
int inotify_init1(int flags) {
    REAL(inotify_init1);
    if (getenv("JOBD_FAULT_NO_INOTIFY")) {
        errno = EMFILE;
        return -1;
    }
    return real(flags);
}

/// JOBD_FAULT_NO_FILTER: a kernel without filters of system calls.
int prctl(int option, ...) {
    if (option == PR_SET_SECCOMP && getenv("JOBD_FAULT_NO_FILTER")) {
        errno = EINVAL;
        return -1;
    }
    va_list rest;
    va_start(rest, option);
    unsigned long values[4];
    for (int index = 0; index < 4; index++) values[index] = va_arg(rest, unsigned long);
    va_end(rest);
    return (int)syscall(SYS_prctl, option, values[0], values[1], values[2], values[3]);
}
