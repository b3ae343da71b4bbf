/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/caps.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/entry.h"
#include "runtime/kernel/rlimit.h"

/* ---- which way in ---- */

static bool maps_to(const struct spec_id_maps *maps, uint32_t host_id)
{
	for (size_t i = 0; i < maps->n; i++)
		if (host_id >= maps->map[i].host_id &&
		    host_id - maps->map[i].host_id < maps->map[i].size)
			return true;
	return false;
}

bool program_may_be_in_place(const struct spec *spec)
{
	struct stat st;

	return spec_ns_new(spec, NS_USER) && stat("/proc/self/exe", &st) == 0 &&
	       !maps_to(&spec->lin.uid_mappings, st.st_uid) &&
	       !maps_to(&spec->lin.gid_mappings, st.st_gid);
}

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_UMASK 0022
#define PASSWD_MAX_BYTES (1U << 20)

/* ---- session ---- */

/* What a shell's background job, nohup and the like ignore would be ignored after execve too.
 * glibc's posix_spawn leaves its own two signals ignored, and its sigaction won't touch them. */
static void default_signals(void)
{
	static const int ignored[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD,
				       SIGTSTP, SIGTTIN, SIGTTOU, 32,      33 };
	static const unsigned long default_action[4]; /* the kernel's struct sigaction */
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		syscall(SYS_rt_sigaction, ignored[i], default_action, NULL, _NSIG / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int program_session(int peer, bool new_keyring, struct err *err)
{
	if (peer >= 0 && console_take(peer, err) < 0)
		return -1;
	if (peer < 0 && (console_own_null(err) < 0 || (setsid() < 0 && errno != EPERM)))
		return err_sys(err, "start a session");
	if (new_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS && errno != EPERM)
		return err_sys(err, "join a session keyring");
	default_signals();
	return 0;
}

/* ---- environment ---- */

static const char *env_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* The home of a user by the container's own passwd file, "/" where it tells none. A line:
 * name:password:uid:gid:text:home:shell */
static char *home_of(unsigned int uid)
{
	auto_free char *text = NULL;
	auto_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	char *rest, *line;
	struct stat st;

	/* No magic link of /proc, by which an image could name a file of the host. */
	if (root >= 0)
		fd = path_open_in(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fd_read_file(fd, "/etc/passwd", PASSWD_MAX_BYTES, &text, NULL, NULL) < 0)
		return strdup("/");
	for (rest = text; (line = strsep(&rest, "\n"));) {
		char *field[7] = { 0 };
		uint64_t number;

		for (size_t i = 0; i < ARRAY_SIZE(field); i++)
			field[i] = strsep(&line, ":");
		if (field[5] && num_parse_u(field[2], "", UINT32_MAX, &number, NULL) == 0 &&
		    number == uid)
			return strdup(*field[5] ? field[5] : "/");
	}
	return strdup("/");
}

static bool same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && (b[len] == '=' || b[len] == '\0');
}

static bool names(char *const *env, const char *entry)
{
	for (; env && *env; env++)
		if (same_name(*env, entry))
			return true;
	return false;
}

static int build_env(struct program *program)
{
	char *const *env = program->process->env, *const *more = program->more_env;
	auto_free char *home = NULL, *entry = NULL;

	for (char *const *e = env; e && *e; e++)
		if (!names(more, *e) && strv_add(&program->env, *e) < 0)
			return -1;
	for (; more && *more; more++)
		if (strv_add(&program->env, *more) < 0)
			return -1;
	if (env_get(env, "HOME"))
		return 0;
	home = home_of(program->process->user.uid);
	entry = home ? str_dupf("HOME=%s", home) : NULL;
	return entry ? strv_add(&program->env, entry) : -1;
}

static int prepare_env(struct program *program, struct err *err)
{
	if (!program->more_env && env_get(program->process->env, "HOME"))
		return 0;
	return build_env(program) < 0 ? err_sys(err, "prepare the environment") : 0;
}

/* ---- working directory ---- */

/* A directory that was reached by a leaked fd has no path from the root: getcwd(2) then says
 * "(unreachable)…" (CVE-2024-21626). */
static int check_cwd(const char *cwd, struct err *err)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return err_sys(err, "working directory \"%.200s\"", cwd);
	if (path[0] != '/')
		return err_set(err, ERR_FAILED,
			       "working directory \"%.200s\" is outside the container's root", cwd);
	return 0;
}

static int enter_cwd(struct program *program, struct err *err)
{
	const char *cwd = program->process->cwd;
	auto_fd int fd = -1, root = -1;

	if (str_eq(cwd, "/"))
		return 0; /* where rootfs_enter left us */
	if (chdir(cwd) == 0)
		return check_cwd(cwd, err);
	if (errno == EACCES) {
		program->cwd_later = true;
		return 0;
	}
	if (errno != ENOENT)
		return err_sys(err, "enter the working directory \"%.200s\"", cwd);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : path_make_dir_in(root, cwd, 0755, err);
	if (fd < 0)
		return -1;
	if (chdir(cwd) < 0)
		return err_sys(err, "enter the working directory \"%.200s\"", cwd);
	return check_cwd(cwd, err);
}

/* ---- the program's file ---- */

/* errno of why it can't be run, 0 where it can. */
static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return st.st_mode & 0111 ? 0 : EACCES;
}

static int no_program(const char *name, int error, struct err *err)
{
	errno = error;
	err_sys(err, "exec \"%.200s\"", name);
	if (err)
		err->code = ERR_NO_PROGRAM;
	return -1;
}

static int search(struct program *program, const char *name, struct err *err)
{
	const char *path = env_get(program->process->env, "PATH");
	auto_strv char **dirs = strv_split(path ? path : DEFAULT_PATH, ":");
	int denied = 0;

	for (char **dir = dirs; dir && *dir; dir++) {
		auto_free char *full = path_join(*dir, name);
		int error = full ? runnable(full) : ENOMEM;

		if (error == 0) {
			program->path = steal_ptr(&full);
			return 0;
		}
		if (error == EACCES)
			denied = EACCES;
	}
	if (denied)
		return no_program(name, denied, err);
	return err_set(err, ERR_NO_PROGRAM, "exec: \"%.200s\": executable file not found in $PATH",
		       name);
}

static int find(struct program *program, struct err *err)
{
	const char *name = program->process->args[0];
	int error;

	if (!strchr(name, '/'))
		return search(program, name, err);
	/* A relative one counts from a folder that root can't enter yet: execve will tell. */
	error = program->cwd_later && name[0] != '/' ? 0 : runnable(name);
	if (error)
		return no_program(name, error, err);
	program->path = strdup(name);
	return program->path ? 0 : err_sys(err, "exec \"%.200s\"", name);
}

int program_prepare(struct program *program, struct err *err)
{
	if (enter_cwd(program, err) < 0 || prepare_env(program, err) < 0)
		return -1;
	return find(program, err);
}

void program_done(struct program *program)
{
	mem_free_ptr(&program->path);
	strv_freep(&program->env);
}

/* ---- the last steps ---- */

static size_t strv_bytes(char *const *v)
{
	size_t bytes = sizeof(*v);

	for (; v && *v; v++)
		bytes += sizeof(*v) + strlen(*v) + 8;
	return bytes;
}

static void plan(struct program *program, struct entry *e, int report_fd)
{
	const struct spec_process *process = program->process;
	const struct seccomp_program *filter = program->seccomp;
	mode_t mask = process->user.umask.given ? (mode_t)process->user.umask.value : DEFAULT_UMASK;
	const char *path = entry_data(e, program->path, strlen(program->path) + 1);
	char **args = entry_strv(e, process->args);
	char **env = entry_strv(e, program->env ? program->env : process->env);

	/* Executing the tiny program made us open to others again: as long as it has more rights
	 * than they, none may look into it, and later neither (CVE-2016-9962). */
	entry_add(e, ENTRY_FDS, 0, SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
	entry_add(e, ENTRY_FDS, 0, SYS_fcntl, (uint64_t)report_fd, F_SETFD, FD_CLOEXEC, 0, 0, 0);
	entry_add(e, ENTRY_UMASK, 0, SYS_umask, mask, 0, 0, 0, 0, 0);
	if (lsm_labels_exec(&program->labels)) {
		lsm_plan(&program->labels, program->proc_fd, e);
		entry_add(e, ENTRY_FDS, 0, SYS_close, (uint64_t)program->proc_fd, 0, 0, 0, 0, 0);
	}
	if (process->no_new_privileges)
		entry_add(e, ENTRY_NO_NEW_PRIVS, 0, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	else if (filter)
		seccomp_plan(filter, e);
	if (!program->rlimits_set)
		rlimit_plan(process, e);
	caps_plan_bounding(&process->caps, e);
	caps_plan_ids(process, e);
	if (program->cwd_later)
		entry_add(e, ENTRY_CWD, 0, SYS_chdir,
			  ENTRY_PTR(entry_data(e, process->cwd, strlen(process->cwd) + 1)), 0, 0, 0,
			  0, 0);
	if (process->no_new_privileges && filter)
		seccomp_plan(filter, e);
	entry_add(e, ENTRY_EXEC, 0, SYS_execve, ENTRY_PTR(path), ENTRY_PTR(args), ENTRY_PTR(env), 0,
		  0, 0);
}

/* Room for what plan() copies. */
static size_t block_bytes(const struct program *program, char *const *env)
{
	const struct spec_process *process = program->process;

	return strv_bytes(process->args) + strv_bytes(env) + strlen(program->path) +
	       strlen(process->cwd) + process->user.additional_gids_n * sizeof(gid_t) +
	       process->rlimits_n * sizeof(struct rlimit64) +
	       (program->seccomp ? seccomp_plan_bytes(program->seccomp) : 0) + 4096;
}

/* What execve would close is closed before it looks for the program: its path, or that of the
 * working directory, may lead through /proc/self/fd (CVE-2024-21626). */
static int perform_in_place(struct program *program, struct entry *entry, int report_fd,
			    struct err *err)
{
	int keep[] = { report_fd, lsm_labels_exec(&program->labels) ? program->proc_fd : -1 };

	if (fd_close_others(program->first_fd, keep, ARRAY_SIZE(keep), err) < 0)
		return -1;
	entry_perform(entry, report_fd);
	_exit(126);
}

int program_become(struct program *program, int report_fd, struct err *err)
{
	char *const *env = program->env ? program->env : program->process->env;
	size_t bytes = block_bytes(program, env);
	struct entry entry;

	if (entry_init(&entry, bytes, err) < 0)
		return -1;
	plan(program, &entry, report_fd);
	if (entry_ready(&entry, err) < 0)
		return -1;
	if (program->in_place)
		return perform_in_place(program, &entry, report_fd, err);
	if (fcntl(report_fd, F_SETFD, 0) < 0 ||
	    (lsm_labels_exec(&program->labels) && fcntl(program->proc_fd, F_SETFD, 0) < 0))
		return err_sys(err, "keep fds for the last steps");
	return entry_become(&entry, report_fd, err);
}
