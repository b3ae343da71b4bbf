/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vz: the host's side of the CT world: vz.conf, where everything is, what holds for all CTs.
 */
#ifndef RUNTIME_CT_VZ_H
#define RUNTIME_CT_VZ_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/container/container.h"
#include "runtime/ct/conf.h"

#define VZ_CONF SYSCONFDIR "/vz/vz.conf"

/* Codes of struct err that stand for OpenVZ's exit codes (vzctl(8), EXIT STATUS): VZ_ERR(32). */
#define VZ_ERR_BASE 2000
#define VZ_ERR(exit_code) (VZ_ERR_BASE + (exit_code))
enum vz_exit {
	VZ_SET_UBC = 1,
	VZ_SET_CPU = 2,
	VZ_SYSTEM = 3,
	VZ_COMMAND_FAILED = 8,
	VZ_LOCKED = 9,
	VZ_NO_GLOBAL_CONF = 10,
	VZ_NO_SCRIPT = 11,
	VZ_NO_CONF = 14,
	VZ_CHECKPOINT = 16,
	VZ_RESTORE = 17,
	VZ_BAD_OPTION = 20,
	VZ_BAD_VALUE = 21,
	VZ_NO_OSTEMPLATE = 29,
	VZ_NOT_RUNNING = 31,
	VZ_RUNNING = 32,
	VZ_CANNOT_STOP = 33,
	VZ_CANNOT_ADD_IP = 34,
	VZ_NOT_MOUNTED = 40,
	VZ_MOUNTED = 41,
	VZ_NO_PRIVATE = 43,
	VZ_PRIVATE_EXISTS = 44,
	VZ_BAD_TEMPLATE = 47,
	VZ_CANNOT_CREATE = 48,
	VZ_CANNOT_MOUNT = 50,
	VZ_CANNOT_UMOUNT = 51,
	VZ_CANNOT_DELETE = 52,
	VZ_UNKNOWN_LAYOUT = 53,
	VZ_QUOTA_ON = 60,
	VZ_QUOTA_INIT = 61,
	VZ_QUOTA_SET = 62,
	VZ_QUOTA_OFF = 66,
	VZ_BAD_HOSTNAME = 70,
	VZ_BAD_DNS = 72,
	VZ_BAD_SEARCHDOMAIN = 73,
	VZ_PASSWORD = 74,
	VZ_IP_IN_USE = 78,
	VZ_SCRIPT = 79,
	VZ_CONFIG_COPY = 82,
	VZ_BAD_CONF = 85,
	VZ_DEVICES = 86,
	VZ_NO_TEMPLATE = 91,
	VZ_NO_PLOOP = 99,
	VZ_NETDEV = 104,
	VZ_DISABLED = 105,
	VZ_APPLY_CONFIG = 109,
	VZ_BAD_NAME = 131,
	VZ_WAIT = 133,
	VZ_REGISTER = 140,
	VZ_UNREGISTER = 142,
	VZ_SET_CPUMASK = 146,
	VZ_SET_IO = 148,
	VZ_SET_NODEMASK = 149,
	VZ_SNAPSHOT_CREATE = 156,
	VZ_SNAPSHOT_DELETE = 158,
	VZ_SNAPSHOT_SWITCH = 159,
	VZ_SNAPSHOT_MOUNT = 160,
	VZ_SNAPSHOT_UMOUNT = 161,
	VZ_SNAPSHOT_LIST = 167,
};

/* Gives the error that exit code; -1. */
static inline int vz_fail(struct err *err, enum vz_exit code)
{
	if (err)
		err->code = VZ_ERR(code);
	return -1;
}

/* A line about what is being done ("Starting container..."), for the user. */
typedef void (*vz_say)(const char *text);

struct vz {
	struct conf *conf;
	char *conf_path; /* /etc/vz/vz.conf */
	char *conf_dir;  /* /etc/vz/conf: beside vz.conf, as are the names */
	char *names_dir;
	char *template_dir, *cache_dir, *dump_dir, *lock_dir;
	const struct container_settings *set;
	vz_say say;
};

/* "/etc/vz/conf" for "/etc/vz/vz.conf" or NULL (the default place), in fresh memory; NULL: ENOMEM.
 * Reads nothing. */
char *vz_conf_dir(const char *conf_path);

/* Reads vz.conf (path NULL: VZ_CONF, which may be missing: then the defaults hold).
 * VZ_NO_GLOBAL_CONF. */
int vz_load(const char *path, const struct container_settings *set, vz_say say, struct vz **ret,
	    struct err *err);
void vz_free(struct vz *vz);
MEM_DEFINE_CLEANUP(struct vz, vz_free)
#define auto_vz __attribute__((cleanup(vz_freep)))

void vz_sayf(const struct vz *vz, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A global value, or what vzrun takes where vz.conf does not say; NULL where there is neither. */
const char *vz_get(const struct vz *vz, const char *key);

/* "$VEID" and "${VEID}" in a path replaced by the id, in fresh memory. ERR_INPUT: not absolute. */
char *vz_expand(const char *pattern, const char *key, uint32_t ctid, struct err *err);

/* Makes a folder that only root may enter, or checks that an existing one is like that: what is
 * below it has real setuid files. */
int vz_private_folder(const char *path, struct err *err);
/* The same for the folder that holds `path`. */
int vz_private_parent(const char *path, struct err *err);
/* That folder's path ("/a" for "/a/b") in fresh memory; NULL: ENOMEM. */
char *vz_parent(const char *path);

/* Takes the lock LOCKDIR/NAME.lck ("101", "template-debian"), which as in OpenVZ holds the pid of
 * its holder; its fd. OpenVZ's programs and panels take it by making the file: where that names a
 * process that lives, or another verb of ours holds it, and without wait: VZ_ERR(VZ_LOCKED). */
int vz_lock(const struct vz *vz, const char *name, bool wait, struct err *err);
/* Gives it back and removes its file, which others take for the lock. No lock (*fd -1) is fine. */
void vz_unlock(const struct vz *vz, const char *name, int *fd);
/* Does a verb of ours hold it? */
bool vz_is_locked(const struct vz *vz, const char *name);
/* Is there a lock file that nobody holds: of ours without the kernel's lock, of another's whose pid is
 * gone or has become another process since the file was written? And removes it, if it still is. */
bool vz_lock_is_stale(const struct vz *vz, const char *name);
int vz_clear_lock(const struct vz *vz, const char *name, bool *ret_cleared, struct err *err);

#endif
