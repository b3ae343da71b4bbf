/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container: the lifecycle of one container, whatever wrote its spec.
 *
 * Every verb takes the settings (where state lives, which cgroup manager) and the id, takes
 * the container's lock, and leaves either the old state or the new one. Status words are the
 * runtime-spec's: creating, created, running, paused, stopped.
 */
#ifndef RUNTIME_CONTAINER_CONTAINER_H
#define RUNTIME_CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/spec/spec.h"

#define CONTAINER_DEFAULT_ROOT "/run/vzrun"

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

struct container_settings {
	const char *root; /* the folder of live state */
	enum cgroup_manager cgroup_manager;
	bool strict_limits; /* a controller that the host lacks is an error, not a warning */
	/* Is it so by the administrator's vz.conf? Asked only once a controller is missing; NULL: no. */
	bool (*ask_strict)(const struct container_settings *set);
	const char *vz_conf;       /* for it */
	const char *notify_socket; /* of the service manager that started us (notify.h), or NULL */
};

enum container_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED
};
const char *container_status_name(enum container_status status);

/* What state.json holds, with the status as it is now. */
struct container_state {
	char *id, *bundle, *rootfs; /* rootfs: absolute */
	char *cgroup; /* path below the cgroup2 mount, "/vzrun/ID"; "" where cgroups are disabled */
	char *unit;   /* the systemd scope that the cgroup is of, or NULL where it is our own */
	char *invocation;           /* systemd's id of it; NULL until it is made */
	char *created;              /* RFC 3339, UTC */
	char *owner;                /* user name or number of who created it */
	char **missing_controllers; /* asked for by the spec, not there on this host; or NULL */
	pid_t pid;                  /* of the init in our pid namespace; 0 when stopped */
	uint64_t pid_start;         /* its start time (proc.h) */
	enum container_status status;
	bool own_userns;
	bool hooks_at_start;  /* the spec has poststart hooks */
	bool undo_by_spec;    /* delete needs the spec: poststop hooks, intelRdt */
	bool callers_keyring; /* made with --no-new-keyring: so is what exec starts */
	bool answerer;        /* who listens for its system calls is ours (answerer.h) */
	char *annotations;    /* a JSON object, or NULL */
};
void container_state_free(struct container_state *state);
MEM_DEFINE_CLEANUP(struct container_state, container_state_free)
#define auto_container_state __attribute__((cleanup(container_state_freep)))

/* Who is the parent of the init, and stays (watch.h). */
struct container_monitor {
	/* What it runs when the init has ended: the program's path and arguments, each with its 0. */
	const char *args;
	size_t args_len;
	const char *log; /* absolute: where the console is logged, or NULL */
	int log_fd;      /* that, open; or -1 */
};

struct container_create_opts {
	const char *bundle; /* absolute */
	const char *config; /* file beside the spec that is kept as config.json: its text */
	size_t config_len;
	const char *console_socket; /* or NULL */
	const char *pidfd_socket;   /* or NULL */
	const char *pid_file;       /* or NULL */
	unsigned int listen_fds;    /* from fd 3 on: what sd_listen_fds(3) finds inside */
	unsigned int preserve_fds;  /* behind those */
	bool no_pivot, no_new_keyring;
	/* The spec's seccomp listener, at container_answerer_socket, is ours: it answers sysinfo(2)
	 * out of the container's cgroup, and mknod(2) of the devices it was given. Needs a user and
	 * a pid namespace of the container's own. */
	bool answerer;
	const struct container_monitor *monitor; /* or NULL; with it a terminal is its to hold */
	int *ret_monitor; /* its claim (watch.h): to be released, or done with */
	/* for run */
	bool detach, keep;
};

/* The listenerPath for `answerer`, in fresh memory; NULL: ENOMEM. */
char *container_answerer_socket(const struct container_settings *set, const char *id);

/* Letters, digits, "_+-." with none of ".", ".." (runc's syntax), at most 255 bytes. */
int container_check_id(const char *id, struct err *err);

int container_create(const struct container_settings *set, const char *id, const struct spec *spec,
		     const struct container_create_opts *opts, struct err *err);
int container_start(const struct container_settings *set, const char *id, struct err *err);
/* create and start; without detach waits and sets *ret_status to the exit status (128 + signal), and
 * deletes the container unless opts->keep. */
int container_run(const struct container_settings *set, const char *id, const struct spec *spec,
		  const struct container_create_opts *opts, int *ret_status, struct err *err);

/* ERR_NOT_FOUND where there is none. */
int container_load(const struct container_settings *set, const char *id,
		   struct container_state **ret, struct err *err);
/* Is systemd asked about this container: the settings say so for a new one, or it has a unit? */
bool container_uses_systemd(const struct container_settings *set, const char *id);
/* config.json as it was at create. */
int container_load_spec(const struct container_settings *set, const char *id, struct spec **ret,
			struct err *err);
/* The state as the OCI runtime prints it and gives it to hooks. */
void container_state_emit(const struct container_state *state, bool pretty, struct strbuf *sb);
/* Ids of all containers below root, sorted; an empty list where there are none. NULL: err. */
char **container_list(const struct container_settings *set, struct err *err);

struct container_exec_opts {
	const struct spec_process *process; /* complete */
	const char *console_socket, *pidfd_socket, *pid_file;
	const char *cgroup; /* below the container's own, or NULL */
	unsigned int preserve_fds;
	bool detach;
	bool ignore_paused;
	bool tty_here; /* terminal without a console socket: our own terminal is passed through */
};
int container_exec(const struct container_settings *set, const char *id,
		   const struct container_exec_opts *opts, int *ret_status, struct err *err);

/* all: every process of the container's cgroup. */
int container_kill(const struct container_settings *set, const char *id, int sig, bool all,
		   struct err *err);
int container_delete(const struct container_settings *set, const char *id, bool force,
		     struct err *err);
int container_pause(const struct container_settings *set, const char *id, struct err *err);
int container_resume(const struct container_settings *set, const char *id, struct err *err);
/* The pids of all its processes in our pid namespace. The list is the caller's to free. */
int container_pids(const struct container_settings *set, const char *id, pid_t **ret, size_t *ret_n,
		   struct err *err);
/* Waits up to timeout_msec (-1: for ever) for the init to end. 1 ended, 0 not yet, -1. */
int container_wait(const struct container_settings *set, const char *id, int timeout_msec,
		   struct err *err);
/* Has the kernel killed in its cgroup for want of memory? It may be stopped, and not deleted. */
bool container_was_oom(const struct container_state *state);
/* The name that uname(2) tells inside, of a container with a UTS namespace of its own. */
int container_set_hostname(const struct container_settings *set, const char *id,
			   const char *hostname, struct err *err);

/* limits only: see kernel/cgroup.h. Resources that need a controller the host lacks: error. */
int container_update(const struct container_settings *set, const char *id,
		     const struct spec_resources *res, struct err *err);

/* weigh.c: what all containers' processes together weigh against the host's other cgroups: 1 to
 * 10000, the kernel's default is 100 (cgroup-v2.rst, cpu.weight). */
int container_weigh_all(unsigned int weight, struct err *err);

/* What is mounted into a container that is there already: a file or folder of the host's, mapped
 * into the container's ids where its file system can be; or a device node (kernel/graft.h). */
struct container_mount {
	char *target;  /* absolute, in the container; made where it is missing */
	char *source;  /* absolute, on the host; NULL: a node */
	uint64_t attr; /* MOUNT_ATTR_… */
	mode_t mode;   /* of the node: type and permissions */
	dev_t rdev;
	uid_t uid; /* its owner, as the container counts */
	gid_t gid;
};

/* Into one that is created or runs, with user and mount namespaces of its own: all, or none. */
int container_mount(const struct container_settings *set, const char *id,
		    const struct container_mount *list, size_t n, struct err *err);
/* What is not there any more is fine: a container may unmount what it has. */
int container_unmount(const struct container_settings *set, const char *id,
		      const char *const *targets, size_t n, struct err *err);

/* What exec starts from now on has this seccomp section (JSON); its listener, at
 * container_answerer_socket, is ours. */
int container_set_seccomp(const struct container_settings *set, const char *id, const char *section,
			  struct err *err);

/* ---- checkpoint and restore, by the program criu ---- */

struct criu_common_opts {
	const char *image_path;   /* the folder of the images */
	const char *work_path;    /* where criu's log is; NULL: there too */
	const char *cgroups_mode; /* "ignore", "soft", "full", "strict"; NULL: ignore */
	bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages,
		link_remap;
	bool empty_net; /* what is in its network namespace is left to others */
	/* What container_mount mounted, with a source. */
	const struct container_mount *grafts;
	size_t grafts_n;
};

struct container_checkpoint_opts {
	struct criu_common_opts common;
	const char *parent_path; /* of an earlier --pre-dump, below the image folder; or NULL */
	const char *page_server; /* ADDRESS:PORT, or NULL */
	int64_t status_fd;       /* 0: none */
	bool leave_running, pre_dump, tcp_skip_in_flight;
	/* The images are complete, and all of it still stands still. NULL: nothing to do. */
	int (*done)(void *arg, struct err *err);
	void *arg;
};
/* Unless told otherwise the container is gone after it, as by container_delete. What fails leaves
 * it running, or paused as it was. */
int container_checkpoint(const struct container_settings *set, const char *id,
			 const struct container_checkpoint_opts *opts, struct err *err);

struct container_restore_opts {
	struct criu_common_opts common;
	bool answerer; /* as in container_create_opts; who runs already goes without */
	/* Its namespaces are there, and nothing runs in them yet. NULL: nothing to do. */
	int (*network)(void *arg, pid_t init, struct err *err);
	void *arg;
};
/* As container_run, with the processes of the images in place of the spec's program. */
int container_restore(const struct container_settings *set, const char *id, const struct spec *spec,
		      const struct container_create_opts *create,
		      const struct container_restore_opts *opts, int *ret_status, struct err *err);

#endif
