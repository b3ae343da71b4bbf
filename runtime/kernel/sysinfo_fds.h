/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_fds: what sysinfo.c hands to the tiny program of sysinfo_main.c: fds at fixed numbers,
 * and a record in a pipe. No other fd is open there. And what that says to who connects.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_FDS_H
#define RUNTIME_KERNEL_SYSINFO_FDS_H

#include <stdint.h>

enum sysinfo_fd {
	SYSINFO_FD_INIT = 3, /* a pidfd: its end is ours */
	SYSINFO_FD_SOCKET,   /* listens for who brings listeners */
	SYSINFO_FD_FIRST,    /* a connection that will bring one, perhaps */
	SYSINFO_FD_PARAMS,   /* the pipe with struct sysinfo_params */
	SYSINFO_FD_PROC,     /* the host's /proc: only to answer mknod(2) */
	SYSINFO_FD_FILES,    /* from here on, some perhaps not open */
	SYSINFO_FD_MEMORY_MAX = SYSINFO_FD_FILES,
	SYSINFO_FD_MEMORY_CURRENT,
	SYSINFO_FD_SWAP_MAX,
	SYSINFO_FD_SWAP_CURRENT,
	SYSINFO_FD_TASKS,
	SYSINFO_FD_CPU,
	SYSINFO_FD_PRESSURE,
	SYSINFO_FD_END,
};

struct sysinfo_params {
	uint64_t start_ticks; /* when the container's init started: proc_stat */
	uint64_t ticks_per_sec;
	uint64_t mknod;  /* is mknod(2) answered? */
	uint64_t places; /* at most SYSINFO_PLACES: what its limit of open files allows */
};

/* What it waits for at once, connections and listeners; each `exec` that runs has a listener. */
#define SYSINFO_PLACES 1024
/* Its files, and what is open for a moment. */
#define SYSINFO_OTHER_FDS (SYSINFO_FD_END + 8)

/* The first byte, and the only one, to who connects: may a listener come? */
#define SYSINFO_ROOM 'r'
#define SYSINFO_FULL 'f'

#endif
