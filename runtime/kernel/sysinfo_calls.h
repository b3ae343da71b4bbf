/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_calls: system calls without libc, and what libc's headers say of them, for the tiny
 * program of sysinfo_main.c and for nothing else: it defines memset and memcpy.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_CALLS_H
#define RUNTIME_KERNEL_SYSINFO_CALLS_H

#include <linux/ioctl.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/kernel/entry_calls.h"

/* From headers that are libc's, or newer than some that we build with. */
#define O_WRONLY_FLAG 1U
#define O_CREAT_FLAG 0100U
#define O_EXCL_FLAG 0200U
#define O_CLOEXEC_FLAG 02000000U
#if defined(__x86_64__)
#define O_DIRECTORY_FLAG 0200000U
#else
#define O_DIRECTORY_FLAG 040000U
#endif
#define O_PATH_FLAG 010000000U
#define AT_SYMLINK_NOFOLLOW_FLAG 0x100U
#define AT_EMPTY_PATH_FLAG 0x1000U
#define CLONE_PIDFD_FLAG 0x00001000UL
#define PR_SET_DUMPABLE 4
#define PR_SET_NAME 15
#define PR_SET_NO_NEW_PRIVS 38
#define SECCOMP_SYNC_FLAGS _IOW('!', 4, uint64_t) /* SECCOMP_IOCTL_NOTIF_SET_FLAGS, Linux 6.6 */
#define SECCOMP_SYNC_WAKE_UP 1U
#define P_PIDFD 3
#define WEXITED 4
#define POLLIN 1
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define MSG_DONTWAIT 0x40
#define MSG_CMSG_CLOEXEC 0x40000000
#define SOCK_CLOEXEC 02000000
#define SOCK_NONBLOCK 00004000
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define MAP_ANONYMOUS 0x20
#define EAGAIN 11
#define EFAULT 14

struct pollfd {
	int fd;
	short events, revents;
};

struct iovec {
	void *base;
	size_t len;
};

struct msghdr {
	void *name;
	uint32_t name_len;
	struct iovec *part;
	size_t parts;
	void *control;
	size_t control_len;
	int flags;
};

struct cmsg {
	size_t len;
	int level, type;
	int fd[2];
};

#define CALL(nr, ...) sysinfo_call(nr, (const uint64_t[6]){ __VA_ARGS__ })
#define U64(x) ((uint64_t)(x))

static inline long sysinfo_call(long nr, const uint64_t arg[6])
{
	return entry_syscall(nr, arg);
}

/* The compiler makes calls of these two. */
void *memset(void *at, int value, size_t len);
void *memcpy(void *restrict to, const void *restrict from, size_t len);

void *memset(void *at, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile char *)at)[i] = (char)value;
	return at;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}

static inline void close_fd(int fd)
{
	CALL(__NR_close, U64(fd));
}

static inline int get_pid(void)
{
	return (int)CALL(__NR_getpid, 0);
}

#endif
