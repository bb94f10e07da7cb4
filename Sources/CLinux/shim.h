#ifndef JOBD_CLINUX_H
#define JOBD_CLINUX_H

#include <fcntl.h>
#include <linux/fs.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

/// Renames without replacing what has the new name. The C library shows this call to GNU sources only.
static inline int linux_rename_to_free_name(int from, const char *old_name, int to, const char *new_name) {
    const unsigned int no_replace = 1;
    return (int)syscall(SYS_renameat2, from, old_name, to, new_name, no_replace);
}

/// No core dump of this process, and no look into its memory and environment by others of the same user.
static inline int linux_keep_memory_secret(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Lets a file share the blocks of another one, where the file system can. The number is an expression of sizes.
static inline int linux_clone(int to, int from) {
    return ioctl(to, FICLONE, from);
}

/// A nameless file in memory; programs that are started see it only where it is given to them.
static inline int linux_in_memory(const char *name) {
    const unsigned int close_on_exec = 1;
    return (int)syscall(SYS_memfd_create, name, close_on_exec);
}

/// A pipe, with flags. The C library shows this call, too, to GNU sources only.
static inline int linux_pipe(int *ends, int flags) {
    return (int)syscall(SYS_pipe2, ends, flags);
}

/// A program that is started gets the three standard streams, and no other file that happens to be open. The C library
/// shows this call to its own dialect only.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

static inline int linux_pass_streams_alone(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

/// Which kind of file system holds the path, by its magic number; 0 where that cannot be told.
static inline unsigned int linux_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (unsigned int)status.f_type : 0;
}

/// Whether something keeps the machine's clock right.
static inline int linux_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) != TIME_ERROR;
}

#endif
