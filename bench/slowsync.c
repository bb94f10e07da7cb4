// Stands before a program's fsync and fdatasync: counts them, the database's apart, and makes each slower.
//
//   LD_PRELOAD=slowsync.so SYNC_DELAY_US=3000 SYNC_COUNTS=FILE program
//
// At the program's end FILE holds three numbers: syncs of a database (and its log), syncs of everything else, and the
// peak memory in kB.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_long databases, others;
static long delay_us;
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    const char *delay = getenv("SYNC_DELAY_US");
    delay_us = delay ? atol(delay) : 0;
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
}

// In kB. What the kernel tells a parent of its child includes the memory of the parent, whose copy the child was.
static long peak_memory(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long peak = 0;
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &peak);
    if (file) fclose(file);
    return peak;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SYNC_COUNTS");
    // A shell or `time` around the program has nothing to say.
    FILE *file = path && databases + others ? fopen(path, "w") : 0;
    if (!file) return;
    fprintf(file, "%ld %ld %ld\n", databases, others, peak_memory());
    fclose(file);
}

static void note(int descriptor) {
    char link[64], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    const char *name = strrchr(path, '/');
    if (name && strstr(name, ".db")) databases++;
    else others++;
    struct timespec pause = {delay_us / 1000000, delay_us % 1000000 * 1000};
    if (delay_us) nanosleep(&pause, 0);
}

int fsync(int descriptor) {
    note(descriptor);
    return real_fsync(descriptor);
}

int fdatasync(int descriptor) {
    note(descriptor);
    return real_fdatasync(descriptor);
}
