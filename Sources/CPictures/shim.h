#ifndef JOBD_CPICTURES_H
#define JOBD_CPICTURES_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <png.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

// The pixel format of libwebp: one number, 0xAARRGGBB, in the machine's byte order.
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const unsigned int cpictures_png_pixel = PNG_FORMAT_BGRA;
static const int cpictures_jpeg_pixel = TJPF_BGRA;
static const int cpictures_webp_pixel = MODE_BGRA;
#else
static const unsigned int cpictures_png_pixel = PNG_FORMAT_ARGB;
static const int cpictures_jpeg_pixel = TJPF_ARGB;
static const int cpictures_webp_pixel = MODE_ARGB;
#endif

/// The names of the limits are an enumeration in C++ and numbers in C. Swift does not convert between the two.
static inline int cpictures_limit(int resource, unsigned long value) {
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limit);
}

#if defined(__x86_64__)
#define CPICTURES_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CPICTURES_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// From now on, the process may compute, allocate memory, and use its open files, and nothing else: it cannot open a file,
/// start a program, make a socket or extend a timer. False if the kernel does not support the filter.
static inline _Bool cpictures_confine(void) {
#ifdef CPICTURES_ARCHITECTURE
#define CPICTURES_ALLOW(call) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CPICTURES_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        CPICTURES_ALLOW(read), CPICTURES_ALLOW(write), CPICTURES_ALLOW(close), CPICTURES_ALLOW(brk),
        CPICTURES_ALLOW(mmap), CPICTURES_ALLOW(munmap), CPICTURES_ALLOW(mremap), CPICTURES_ALLOW(madvise),
        CPICTURES_ALLOW(mprotect), CPICTURES_ALLOW(futex), CPICTURES_ALLOW(getrandom), CPICTURES_ALLOW(exit),
        CPICTURES_ALLOW(exit_group), CPICTURES_ALLOW(rt_sigreturn), CPICTURES_ALLOW(clock_gettime),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
#else
    return 0;
#endif
}

#endif
