/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ct: a persistent container: its conf, its places, and the verbs that OpenVZ has for it.
 *
 * What runs is an ordinary live container of the engine (container.h), whose id is the CTID;
 * here is what outlives it. Each verb that changes something holds the CT's lock. A verb that
 * was killed leaves something that the next one understands or clears away: a conf without a
 * private area, a private area under a temporary name, a mount without a container, a container
 * that was created and not started.
 */
#ifndef RUNTIME_CT_CT_H
#define RUNTIME_CT_CT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/ct/conf.h"
#include "runtime/ct/ctid.h"
#include "runtime/ct/storage.h"
#include "runtime/ct/vz.h"

struct ct {
	const struct vz *vz;
	uint32_t ctid;
	char id[CTID_SIZE];
	char *conf_path;   /* /etc/vz/conf/101.conf */
	struct conf *conf; /* empty where there is no file */
	bool has_conf;     /* there is one */
	char *private, *root;
	int lock; /* or -1 */
};

enum ct_open_flag {
	CT_LOCK = 1,     /* for a verb that changes something; busy: VZ_ERR(VZ_LOCKED) */
	CT_NO_CONF = 2,  /* it may lack its conf, which otherwise is VZ_ERR(VZ_NO_CONF) */
	CT_ANY_CONF = 4, /* a conf that can't be used counts as empty */
	CT_WAIT = 8,     /* with CT_LOCK: wait for who holds it */
};

/* The CT with that number or name. VZ_BAD_VALUE for what is neither, VZ_BAD_CONF where the conf has
 * faults. */
int ct_open(const struct vz *vz, const char *name, unsigned int flags, struct ct **ret,
	    struct err *err);
/* The CT whose conf is in that file, wherever it is; its id is that of the file's name, else 0. Never
 * locked. ENOENT, or ERR_INPUT. */
int ct_open_file(const struct vz *vz, const char *path, struct ct **ret, struct err *err);
void ct_free(struct ct *ct);
MEM_DEFINE_CLEANUP(struct ct, ct_free)
#define auto_ct __attribute__((cleanup(ct_freep)))

/* (Re)computes the places from the conf, after VE_ROOT or VE_PRIVATE changed. */
int ct_set_places(struct ct *ct, struct err *err);

/* The value from its conf, else the global one (vz_get), else NULL. */
const char *ct_get(const struct ct *ct, const char *key);

/* Its storage as storage.h wants it; the id range is looked for where with_ids says so. */
int ct_storage(const struct ct *ct, bool with_ids, struct storage *ret, struct err *err);

struct ct_create_opts; /* create.h */
/* Registers it and makes its private area. */
int ct_create(struct ct *ct, const struct ct_create_opts *opts, struct err *err);

struct ct_start_opts {
	bool force;        /* though DISABLED="yes" */
	bool skip_remount; /* what is mounted is not unmounted first, with its scripts */
	bool wait;         /* until it has come up (wait.h); without the CT's lock */
};
/* Mounts it and runs its init. opts may be NULL. VZ_RUNNING, VZ_NO_PRIVATE, VZ_DISABLED, … */
int ct_start(struct ct *ct, const struct ct_start_opts *opts, struct err *err);

struct ct_stop_opts {
	bool fast;        /* kill its init */
	bool skip_umount; /* leave it mounted, for the host */
	bool host_ends;   /* it is to run again when the host comes up (lastrun.h) */
	int at_most_sec;  /* less than its STOP_TIMEOUT; 0: that */
};
/* Shuts its init down (stop.c); then unmounts it. opts may be NULL. Not running: a message, and no
 * error. */
int ct_stop(struct ct *ct, const struct ct_stop_opts *opts, struct err *err);

int ct_mount(struct ct *ct, struct err *err);
int ct_umount(struct ct *ct, struct err *err);

/* Removes its data; its conf becomes CTID.conf.destroyed. VZ_RUNNING. */
int ct_destroy(struct ct *ct, struct err *err);

struct ct_reinstall_opts; /* reinstall.h */
/* Gives it a new private area of a template. VZ_RUNNING, VZ_MOUNTED, VZ_PRIVATE_EXISTS. */
int ct_reinstall(struct ct *ct, const struct ct_reinstall_opts *opts, struct err *err);

/* Makes a CT of the private area at `path`, which stays there; its conf is in it (ve.conf), or with
 * force may be missing. Its data and ids stay as they are, but another's ids. VZ_REGISTER. */
int ct_register(struct ct *ct, const char *path, bool force, struct err *err);
/* Forgets it; its private area stays, with its conf in it. VZ_RUNNING, VZ_MOUNTED. */
int ct_unregister(struct ct *ct, struct err *err);

struct ct_status {
	bool exists, mounted, running;
	bool paused; /* with running */
	int processes;
};
int ct_status(const struct ct *ct, struct ct_status *ret, struct err *err);

/* All ids with a conf, ascending, in fresh memory. */
int ct_list(const struct vz *vz, uint32_t **ret, size_t *ret_n, struct err *err);

#endif
