/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo: processes that answer sysinfo(2) for a container out of its cgroup, and mknod(2) of a
 * device that it was given, as the agent of a seccomp listener (seccomp.h).
 *
 * They are a tiny program of their own (sysinfo_main.c), without libc and of a few pages, run
 * from memory; two of them, so that one may die. They end with the container's init. What they
 * may do: see below the drop in sysinfo.c.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_H
#define RUNTIME_KERNEL_SYSINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"

/* Their own cgroup (apart.h). */
#define SYSINFO_APART ".sysinfo"
#define SYSINFO_CGROUP "/vzrun/" SYSINFO_APART

struct sysinfo_job {
	int init_pidfd;       /* of the container's init, which is in its user namespace */
	uint64_t start_ticks; /* when that started (proc_stat) */
	int cgroup_fd;        /* the container's; -1: there is none */
	int socket_fd; /* listens at seccomp's listener_path for all that is executed later */
	int first_fd;  /* a connection by which the first listener will come, or -1 */
	bool mknod;    /* mknod(2) is answered too (sysinfo_mknod.h) */
	uid_t uid;     /* what they run as: ids of the container's user namespace */
	gid_t gid;
};

/* Starts them; nothing of ours is left open in them. When this returns they take listeners. */
int sysinfo_start(const struct sysinfo_job *job, struct err *err);

/* Who has connected to socket_fd waits here for their word that a listener may come. -1, by code:
 * EPIPE: they died, ERR_BUSY: they have too many, ETIMEDOUT. */
int sysinfo_await(int fd, struct err *err);

/* Removes their cgroup if nobody is in it. */
void sysinfo_tidy(void);

#endif
