#ifndef JOBD_CLINUX_H
#define JOBD_CLINUX_H

#include <fcntl.h>
#include <link.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/// Renames without replacing. The C library declares this call only for GNU sources.
static inline int linux_rename_to_free_name(int from, const char *old_name, int to, const char *new_name) {
    const unsigned int no_replace = 1;
    return (int)syscall(SYS_renameat2, from, old_name, to, new_name, no_replace);
}

/// Forbids core dumps, and keeps other processes of the same user from reading memory and environment.
static inline int linux_keep_memory_secret(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Makes a file share the blocks of another, if the file system can. Swift cannot import the macro FICLONE.
static inline int linux_clone(int to, int from) {
    return ioctl(to, FICLONE, from);
}

/// A nameless file in memory, which child processes do not inherit.
static inline int linux_in_memory(const char *name) {
    const unsigned int close_on_exec = 1;
    return (int)syscall(SYS_memfd_create, name, close_on_exec);
}

/// A pipe, with flags. The C library declares this call only for GNU sources.
static inline int linux_pipe(int *ends, int flags) {
    return (int)syscall(SYS_pipe2, ends, flags);
}

/// Gives a child process the three standard streams and no other open file. The C library declares this call only for
/// GNU sources.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

static inline int linux_pass_streams_alone(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

/// The magic number of the file system that holds the path; 0 if it is unknown.
static inline unsigned int linux_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (unsigned int)status.f_type : 0;
}

/// A descriptor that can be read once it was signalled.
static inline int linux_event(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static inline void linux_signal_event(int event) {
    const uint64_t one = 1;
    (void)!write(event, &one, sizeof one);
}

static inline void linux_clear_event(int event) {
    uint64_t count;
    (void)!read(event, &count, sizeof count);
}

/// Waits until one of the files is ready or the time is over; without end if the seconds are negative. The C library
/// declares the call with nanoseconds only for GNU sources.
static inline void linux_poll(struct pollfd *files, long count, long seconds, long nanoseconds) {
    struct timespec time = {.tv_sec = seconds, .tv_nsec = nanoseconds};
    (void)syscall(SYS_ppoll, files, count, seconds < 0 ? NULL : &time, NULL, 0);
}

/// A descriptor from which the blocked signals of the set can be read.
static inline int linux_signals(const sigset_t *set) {
    return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// The number of the next signal; 0 if there is none.
static inline int linux_next_signal(int signals) {
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

/// Whether the machine's clock is synchronised.
static inline int linux_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) != TIME_ERROR;
}

#ifndef __USE_GNU
// The C library declares these only for GNU sources.
struct dl_phdr_info {
    ElfW(Addr) dlpi_addr;
    const char *dlpi_name;
    const ElfW(Phdr) *dlpi_phdr;
    ElfW(Half) dlpi_phnum;
};
int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *object, size_t size, void *data), void *data);
#endif

static inline int linux_release_pages_of_object(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    const ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || part->p_flags & PF_W) { continue; }
        const ElfW(Addr) start = (object->dlpi_addr + part->p_vaddr) / page * page;
        // A last page that is not whole may be shared with a part that can be written.
        const ElfW(Addr) end = (object->dlpi_addr + part->p_vaddr + part->p_memsz) / page * page;
        if (start < end) { (void)madvise((void *)start, end - start, MADV_DONTNEED); }
    }
    return 0;
}

/// Gives back the pages of the program and its libraries, except those that can be written. Whichever is used again is
/// read from its file, which means from the system's cache as a rule. No library is unloaded meanwhile.
static inline void linux_release_program_pages(void) {
    (void)dl_iterate_phdr(linux_release_pages_of_object, NULL);
}

#endif
