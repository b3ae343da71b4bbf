/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_server: what the tiny program of sysinfo_main.c holds, and the places that it waits at.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_SERVER_H
#define RUNTIME_KERNEL_SYSINFO_SERVER_H

#include <linux/seccomp.h>
#include <linux/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/kernel/sysinfo_calls.h"
#include "runtime/kernel/sysinfo_fds.h"
#include "runtime/kernel/sysinfo_fill.h"

#define TWINS_AT_ONCE 16

/* What poll waits for. The twin's place has -1 where there is none. */
enum place { PLACE_INIT, PLACE_SOCKET, PLACE_TWIN, PLACE_MORE };

/* What a place from PLACE_MORE on holds. */
enum kind {
	KIND_LISTENER,
	KIND_CALLER, /* a connection whose listener is yet to come: a place is kept for it */
	KIND_SERVED, /* one whose listener came */
	KIND_HAND,   /* a pidfd of who answers mknod(2) */
};

/* At once; a container that wants more must wait no longer than for an error. */
#define HANDS_MAX 8
/* In the long run, and in store: their work is not counted as the container's. */
#define HANDS_A_SECOND 20
#define HANDS_IN_STORE 100

#define REQUEST_ROOM 512 /* the kernel's struct may grow */

/* In memory that server and twin share. */
struct shared {
	int32_t server;   /* its pid */
	int32_t listener; /* whose request is being answered, or -1 */
	struct sysinfo_load load;
	union {
		struct seccomp_notif request;
		uint64_t room[REQUEST_ROOM / sizeof(uint64_t)];
	};
};

struct server {
	struct shared *shared;
	uint64_t start_usec;
	unsigned int twins;  /* that may be made now: one more each second, so never without end */
	uint64_t twins_usec; /* when that was reckoned */
	struct sysinfo last; /* what was told */
	uint64_t last_usec;  /* and when that was read */
	uint64_t deaf_until; /* where the socket is not waited for */
	size_t places;       /* in use */
	size_t kept;         /* for listeners yet to come */
	size_t room;         /* how many may be in use or kept */
	bool mknod;          /* is mknod(2) answered? */
	struct hand {
		int listener;
		uint64_t id; /* of the request that it answers; 0: there is none */
	} hands[HANDS_MAX];
	uint64_t strength; /* hands in store */
	uint64_t strength_usec;
	struct pollfd poll[SYSINFO_PLACES];
	uint8_t kind[SYSINFO_PLACES];
	uint8_t hand[SYSINFO_PLACES]; /* which, where kind is KIND_HAND */
};

__attribute__((noreturn)) static inline void leave(int status)
{
	for (;;)
		CALL(__NR_exit_group, U64(status));
}

/* Since boot, as the kernel's own uptime. */
static inline uint64_t now_usec(void)
{
	struct {
		int64_t sec, nsec;
	} now = { 0 };

	CALL(__NR_clock_gettime, CLOCK_BOOTTIME, ENTRY_PTR(&now));
	return (uint64_t)now.sec * 1000000 + (uint64_t)now.nsec / 1000;
}

/* ---- places ---- */

/* For a connection, and for its listener. */
static inline bool has_room(const struct server *server)
{
	return server->places + server->kept + 2 <= server->room;
}

/* Where there is room. */
static inline void add(struct server *server, int fd, enum kind kind)
{
	server->poll[server->places] = (struct pollfd){ .fd = fd, .events = POLLIN };
	server->kind[server->places++] = kind;
	server->kept += kind == KIND_CALLER;
}

static inline void drop(struct server *server, size_t place)
{
	close_fd(server->poll[place].fd);
	server->kept -= server->kind[place] == KIND_CALLER;
	server->places--;
	server->poll[place] = server->poll[server->places];
	server->kind[place] = server->kind[server->places];
	server->hand[place] = server->hand[server->places];
}

#endif
