/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu_msg: the messages of criu's service (criu's images/rpc.proto), as bytes: as much of protocol
 * buffers as they need. No input or output here.
 */
#ifndef RUNTIME_CONTAINER_CRIU_MSG_H
#define RUNTIME_CONTAINER_CRIU_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/str.h"

/* criu_req_type, criu_cg_mode */
enum criu_type { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_NOTIFY = 6 };
enum criu_cgroups {
	CRIU_CGROUPS_IGNORE,
	CRIU_CGROUPS_SOFT = 3,
	CRIU_CGROUPS_FULL,
	CRIU_CGROUPS_STRICT
};

/* Members of criu_opts, by their numbers. */
enum criu_opt {
	CRIU_IMAGES_DIR_FD = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_EVASIVE_DEVICES = 6,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11,
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_MANAGE_CGROUPS = 24,
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27,
	CRIU_AUTO_EXT_MNT = 28,
	CRIU_EXT_SHARING = 29,
	CRIU_EXT_MASTERS = 30,
	CRIU_MANAGE_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_STATUS_FD = 49,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
};

/* Adds one member; repeated ones by adding again. */
void criu_msg_put(struct strbuf *msg, unsigned int member, uint64_t value);
void criu_msg_put_text(struct strbuf *msg, unsigned int member, const char *text);
void criu_msg_put_part(struct strbuf *msg, unsigned int member, const struct strbuf *part);

/* The request with these criu_opts; the answer to a notification. */
void criu_msg_request(struct strbuf *msg, enum criu_type type, const struct strbuf *opts);
void criu_msg_go_on(struct strbuf *msg, bool success);

/* What of a criu_resp matters. */
struct criu_resp {
	int type;
	bool success;
	int64_t error;   /* cr_errno, or 0 */
	int64_t pid;     /* of the restored init, or that a notification tells; 0: none */
	char script[32]; /* the notification's name */
	char text[200];  /* cr_errmsg, or "" */
};
/* 0, or -1: no such message. */
int criu_msg_parse(const void *data, size_t len, struct criu_resp *ret);

#endif
