/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/vz.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

#define VZ_DIR LOCALSTATEDIR "/lib/vz"

static const struct {
	const char *key, *value;
} defaults[] = {
	{ "TEMPLATE", VZ_DIR "/template" },
	{ "VE_PRIVATE", VZ_DIR "/private/$VEID" },
	{ "VE_ROOT", VZ_DIR "/root/$VEID" },
	{ "DUMPDIR", VZ_DIR "/dump" },
	{ "LOCKDIR", VZ_DIR "/lock" },
	{ "VE_LAYOUT", "overlay" },
	{ "CONFIGFILE", "basic" },
	{ "STOP_TIMEOUT", "120" },
	{ "NUMPROC", "32768" },
	{ "NUMFILE", "1024:524288" },
};

static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 1;

	return str_dupf("%.*s/%s", len, slash ? path : ".", name);
}

char *vz_conf_dir(const char *conf_path)
{
	return beside(conf_path ? conf_path : VZ_CONF, "conf");
}

static int load_conf(const char *path, struct vz *vz, struct err *err)
{
	auto_free char *cwd = path ? getcwd(NULL, 0) : NULL;
	auto_free char *joined = path_join(cwd ? cwd : "/", path ? path : VZ_CONF);

	vz->conf_path = joined ? path_clean(joined) : NULL;
	if (!vz->conf_path)
		return err_sys(err, "read vz.conf");
	if (!path && access(VZ_CONF, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		vz->conf = conf_new();
		return vz->conf ? 0 : err_sys(err, "read vz.conf");
	}
	return conf_load(vz->conf_path, &vz->conf, err);
}

/* A folder that vz.conf names, made absolute by nobody: it must be. */
static int take_folder(const struct vz *vz, const char *key, char **ret, struct err *err)
{
	const char *value = vz_get(vz, key);

	if (value[0] != '/')
		return err_set(err, ERR_INPUT, "%s: %s=\"%s\" is no absolute path", vz->conf_path,
			       key, value);
	*ret = path_clean(value);
	return *ret ? 0 : err_sys(err, "read vz.conf");
}

int vz_load(const char *path, const struct container_settings *set, vz_say say, struct vz **ret,
	    struct err *err)
{
	auto_vz struct vz *vz = calloc(1, sizeof(*vz));

	if (!vz)
		return err_sys(err, "read vz.conf");
	vz->set = set;
	vz->say = say;
	if (load_conf(path, vz, err) < 0)
		return err && err->code == ENOMEM ? -1 : vz_fail(err, VZ_NO_GLOBAL_CONF);
	if (take_folder(vz, "TEMPLATE", &vz->template_dir, err) < 0 ||
	    take_folder(vz, "DUMPDIR", &vz->dump_dir, err) < 0 ||
	    take_folder(vz, "LOCKDIR", &vz->lock_dir, err) < 0)
		return vz_fail(err, VZ_NO_GLOBAL_CONF);
	vz->conf_dir = vz_conf_dir(vz->conf_path);
	vz->names_dir = beside(vz->conf_path, "names");
	vz->cache_dir = str_dupf("%s/cache", vz->template_dir);
	if (!vz->conf_dir || !vz->names_dir || !vz->cache_dir)
		return err_sys(err, "read vz.conf");
	*ret = steal_ptr(&vz);
	return 0;
}

void vz_free(struct vz *vz)
{
	conf_freep(&vz->conf);
	free(vz->conf_path);
	free(vz->conf_dir);
	free(vz->names_dir);
	free(vz->template_dir);
	free(vz->cache_dir);
	free(vz->dump_dir);
	free(vz->lock_dir);
	free(vz);
}

void vz_sayf(const struct vz *vz, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	if (!vz->say)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		vz->say(text);
}

const char *vz_get(const struct vz *vz, const char *key)
{
	const char *value = conf_get(vz->conf, key);

	for (size_t i = 0; !value && i < ARRAY_SIZE(defaults); i++)
		if (str_eq(defaults[i].key, key))
			value = defaults[i].value;
	return value;
}

char *vz_expand(const char *pattern, const char *key, uint32_t ctid, struct err *err)
{
	static const char *const marks[] = { "$VEID", "${VEID}" };
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *path = NULL;
	char *clean;

	while (*pattern) {
		size_t skip = 0;

		for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
			if (str_starts(pattern, marks[i]))
				skip = strlen(marks[i]);
		if (skip)
			strbuf_addf(&text, "%" PRIu32, ctid);
		else
			strbuf_add_char(&text, *pattern);
		pattern += skip ? skip : 1;
	}
	path = strbuf_steal(&text);
	if (path && path[0] != '/') {
		err_set(err, ERR_INPUT, "%s: \"%s\" is no absolute path", key, path);
		return NULL;
	}
	clean = path ? path_clean(path) : NULL;
	if (!clean)
		err_sys(err, "expand %s", key);
	return clean;
}

int vz_private_folder(const char *path, struct err *err)
{
	struct stat st;

	if (path_mkdirs(path, 0700, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return err_sys(err, "look at \"%s\"", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "\"%s\" is no folder", path);
	if (st.st_uid == 0 && !(st.st_mode & 077))
		return 0;
	err_set(err, ERR_INPUT,
		"\"%s\" must be root's alone: below it are containers' setuid files", path);
	return err_hint(err, "chown 0:0 and chmod 700 it, or name another folder in vz.conf");
}

char *vz_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

int vz_private_parent(const char *path, struct err *err)
{
	auto_free char *parent = vz_parent(path);

	if (!parent)
		return err_sys(err, "make the folder of \"%s\"", path);
	return vz_private_folder(parent, err);
}

/* ---- locks ---- */

/* Behind the pid in a lock file of ours: there the kernel's lock counts, and a pid without it is
 * what a killed verb left. In a file of another's (OpenVZ's vzctl, Proxmox) the pid counts. */
#define LOCK_MARK "vzrun"
/* Then: who waited for it, as a CT's monitor does, is waited for by all. He is soon done. */
#define LOCK_PATIENT " patient"

/* Its arguments on one line, but for a password: this is told, and logged. */
static void join_cmdline(char *text, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] != '\0')
			continue;
		if (strstr(text + i + 1, "-userpasswd"))
			return;
		text[i] = ' ';
	}
}

static int locked_err(pid_t pid, struct err *err)
{
	auto_free char *path = str_dupf("/proc/%d/cmdline", pid), *cmdline = NULL;
	size_t len = 0;

	err_set(err, VZ_ERR(VZ_LOCKED), "container already locked");
	if (pid <= 0)
		return -1;
	if (path && fd_load_at(AT_FDCWD, path, 4096, &cmdline, &len, NULL) == 0)
		join_cmdline(cmdline, len);
	return err_hint(err, "locked by: pid %d, cmdline %.200s", pid, cmdline ? cmdline : "");
}

/* The pid in a lock file, 0 where there is none; whether the file is of ours. */
static pid_t read_holder(int fd, bool *ret_ours)
{
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	char *line;
	int64_t pid;

	*ret_ours = true;
	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = text + strcspn(text, "\n");
	*ret_ours = str_starts(line, "\n" LOCK_MARK);
	*line = '\0';
	return num_parse(text, "", 1, INT32_MAX, &pid, NULL) == 0 ? (pid_t)pid : 0;
}

static int busy_err(int dirfd, const char *name, struct err *err)
{
	auto_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	bool ours;

	return locked_err(fd < 0 ? 0 : read_holder(fd, &ours), err);
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* Another program's lock file: held as long as its pid is there. */
static int check_foreign(int fd, const char *name, struct err *err)
{
	bool ours;
	pid_t pid = read_holder(fd, &ours);

	if (ours || pid == getpid())
		return 0;
	if (pid > 0 && is_alive(pid))
		return locked_err(pid, err);
	log_info("Removing stale lock file %s", name);
	return 0;
}

/* A lock file that was removed while this process waited locks nothing any more. */
static bool is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

static int open_locked(int dirfd, const char *name, bool wait, struct err *err)
{
	auto_fd int fd = -1;

	do {
		fd_closep(&fd);
		fd = lock_open(dirfd, name, wait, err);
	} while (fd >= 0 && is_removed(fd));
	return steal_fd(&fd);
}

/* Is it held by one who is waited for, or by one who has not even written down who he is? */
static bool is_patient(int dirfd, const char *name)
{
	auto_free char *text = NULL;
	const char *line;

	if (fd_load_at(dirfd, name, 4096, &text, NULL, NULL) < 0)
		return true;
	line = strchr(text, '\n');
	return !line || str_starts(line + 1, LOCK_MARK LOCK_PATIENT);
}

/* Not without end: what a monitor starts runs scripts, of the CT's too. */
#define PATIENT_LOOKS 2500
#define PATIENT_LOOK_USEC 4000

static int lock_file(int dirfd, const char *name, bool wait, struct err *err)
{
	struct err why = { 0 };
	auto_fd int fd = open_locked(dirfd, name, wait, &why);

	for (int i = 0;
	     fd < 0 && why.code == ERR_BUSY && i < PATIENT_LOOKS && is_patient(dirfd, name); i++) {
		usleep(PATIENT_LOOK_USEC);
		fd = open_locked(dirfd, name, false, &why);
	}
	if (fd < 0 && why.code == ERR_BUSY)
		return busy_err(dirfd, name, err);
	if (fd < 0) {
		if (err)
			*err = why;
		return -1;
	}
	if (check_foreign(fd, name, err) < 0)
		return -1;
	if (ftruncate(fd, 0) < 0 ||
	    dprintf(fd, "%d\n" LOCK_MARK "%s\n", getpid(), wait ? LOCK_PATIENT : "") < 0) {
		/* It is held all the same; and what makes room must work on a full disk. */
		if (errno != ENOSPC && errno != EDQUOT)
			return err_sys(err, "write lock \"%s\"", name);
	}
	return steal_fd(&fd);
}

int vz_lock(const struct vz *vz, const char *name, bool wait, struct err *err)
{
	auto_free char *file = str_dupf("%s.lck", name);
	auto_fd int dirfd = -1;

	if (!file)
		return err_sys(err, "lock \"%s\"", name);
	if (path_mkdirs(vz->lock_dir, 0700, err) < 0)
		return -1;
	dirfd = open(vz->lock_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(err, "open \"%s\"", vz->lock_dir);
	return lock_file(dirfd, file, wait, err);
}

void vz_unlock(const struct vz *vz, const char *name, int *fd)
{
	auto_free char *path = str_dupf("%s/%s.lck", vz->lock_dir, name);

	if (*fd >= 0 && path && !is_removed(*fd))
		unlink(path);
	fd_closep(fd);
}

bool vz_is_locked(const struct vz *vz, const char *name)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_free char *path = str_dupf("%s/%s.lck", vz->lock_dir, name);
	auto_fd int fd = path ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* Clocks differ by how they round, and a process may write its lock as soon as it is there. */
#define LOCK_SLACK_SEC 2

/* The process that has the pid now may be younger than the file: then it is not its writer. The
 * file's time is the wall clock's, the process's is counted since the machine came up. */
static bool is_writer(pid_t pid, const struct stat *file)
{
	struct timespec now, up;
	uint64_t ticks;

	if (!is_alive(pid) || proc_stat(pid, &ticks, NULL) < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return now.tv_sec - up.tv_sec + (time_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK)) <=
	       file->st_mtim.tv_sec + LOCK_SLACK_SEC;
}

/* With the kernel's lock on it. */
static bool is_stale(int fd)
{
	struct stat st;
	bool ours;
	pid_t pid = read_holder(fd, &ours);

	return ours || pid == 0 || (fstat(fd, &st) == 0 && !is_writer(pid, &st));
}

bool vz_lock_is_stale(const struct vz *vz, const char *name)
{
	auto_free char *path = str_dupf("%s/%s.lck", vz->lock_dir, name);
	auto_fd int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;

	return fd >= 0 && !vz_is_locked(vz, name) && is_stale(fd);
}

int vz_clear_lock(const struct vz *vz, const char *name, bool *ret_cleared, struct err *err)
{
	auto_free char *file = str_dupf("%s.lck", name);
	auto_fd int dirfd = open(vz->lock_dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct err why = { 0 };

	*ret_cleared = false;
	if (dirfd < 0 || !file)
		return err_sys(err, "open \"%s\"", vz->lock_dir);
	fd = lock_open(dirfd, file, false, &why);
	if (fd < 0 && why.code == ERR_BUSY)
		return 0;
	if (fd < 0) {
		if (err)
			*err = why;
		return -1;
	}
	if (is_removed(fd) || !is_stale(fd))
		return 0;
	if (unlinkat(dirfd, file, 0) < 0)
		return err_sys(err, "remove the lock \"%s\"", file);
	*ret_cleared = true;
	return 0;
}
