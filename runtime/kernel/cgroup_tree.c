/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to a cgroup with all below it: freeze, list, kill, remove. */
#include "config.h"

#include "runtime/kernel/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"

#define EVENTS_SIZE 512
/* Where cgroup.kill is missing: how often new children are looked for. */
#define KILL_ROUNDS 64

/* ---- cgroup.events ---- */

static int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until cgroup.events, open as fd, has the line. 0, or -1 with errno (ETIMEDOUT; ENOENT:
 * the cgroup is gone). A read arms the next poll: kernfs_generic_poll in the kernel. */
static int wait_for_event(int fd, const char *line)
{
	int64_t until = now_msec() + CGROUP_WAIT_MSEC, left;
	struct pollfd pfd = { .fd = fd, .events = POLLPRI };
	char events[EVENTS_SIZE];

	for (;;) {
		if (cgroup_file_reread(fd, events, sizeof(events)) < 0)
			return -1;
		if (cgroup_file_has_line(events, line))
			return 0;
		left = until - now_msec();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (poll(&pfd, 1, (int)left) < 0 && errno != EINTR)
			return -1;
	}
}

bool cgroup_frozen(int fd)
{
	char events[EVENTS_SIZE];

	return cgroup_file_read(fd, "cgroup.events", events, sizeof(events)) > 0 &&
	       cgroup_file_has_line(events, "frozen 1");
}

/* Of the wait's errno. ETIMEDOUT's own text is about connections. */
static int tell_not_done(bool freeze, struct err *err)
{
	const char *verb = freeze ? "freeze" : "thaw";

	if (errno != ETIMEDOUT)
		return err_sys(err, "%s the cgroup", verb);
	return err_set(err, ETIMEDOUT, "%s the cgroup: not done after %d s (%s)", verb,
		       CGROUP_WAIT_MSEC / 1000,
		       freeze ? "is a process stuck in the kernel?" :
				"is a cgroup above it frozen?");
}

int cgroup_freeze(int fd, bool freeze, struct err *err)
{
	auto_fd int events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events < 0 || cgroup_file_write(fd, "cgroup.freeze", freeze ? "1" : "0") < 0)
		return tell_not_done(freeze, err);
	if (wait_for_event(events, freeze ? "frozen 1" : "frozen 0") == 0)
		return 0;
	tell_not_done(freeze, err);
	if (freeze && cgroup_file_write(fd, "cgroup.freeze", "0") < 0)
		log_warning("thaw the cgroup: %s, ignoring", strerror(errno));
	return -1;
}

/* ---- listing ---- */

/* kernfs counts folders in st_nlink as file systems of old do: 2 and one for each. */
static bool has_children(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || st.st_nlink > 2;
}

static bool is_folder(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && !str_eq(entry->d_name, ".") &&
	       !str_eq(entry->d_name, "..");
}

/* A stream of its own over the folder fd, which stays the caller's. */
static DIR *list_folder(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (!dir && own >= 0)
		close(own);
	return dir;
}

struct pid_list {
	pid_t *pid;
	size_t n;
};

/* This cgroup's own processes. */
static int add_pids(int fd, struct pid_list *list)
{
	auto_fd int procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	auto_file FILE *file = procs < 0 ? NULL : fdopen(procs, "r");
	int pid;

	if (!file)
		return errno == ENOENT || errno == ENODEV ? 0 : -1;
	procs = -1; /* the stream's now */
	while (fscanf(file, "%d", &pid) == 1) {
		pid_t *slot;

		if (pid == 0) /* of a pid namespace that ours does not see */
			continue;
		slot = mem_append(&list->pid, &list->n, sizeof(*slot));
		if (!slot)
			return -1;
		*slot = pid;
	}
	/* A threaded cgroup lists none (EOPNOTSUPP): they stand in the domain above it. */
	if (ferror(file) && errno != EOPNOTSUPP && errno != ENODEV)
		return -1;
	return 0;
}

/* A cgroup that is still to be visited: its depth below the top, and what it was found in. */
struct below {
	size_t depth;
	ino_t parent;
	char *name;
};

/* How deep and how wide the tree is was the container's to choose, and no path reaches all of it
 * (PATH_MAX), so this goes down by one name and up by ".." with the fd of one place. */
struct walk {
	int at;
	size_t depth;
	struct below *todo;
	size_t n;
};

static void walk_done(struct walk *walk)
{
	int saved = errno;

	while (walk->n > 0)
		free(walk->todo[--walk->n].name);
	free(walk->todo);
	if (walk->at >= 0)
		close(walk->at);
	errno = saved;
}

#define auto_walk __attribute__((cleanup(walk_done)))

/* The children of where the walk is. */
static int walk_add(struct walk *walk)
{
	auto_dir DIR *dir = NULL;
	struct dirent *entry;
	struct below *slot;
	struct stat st;

	if (!has_children(walk->at))
		return 0;
	dir = list_folder(walk->at);
	if (!dir || fstat(walk->at, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(dir))) {
		if (!is_folder(entry))
			continue;
		slot = mem_append(&walk->todo, &walk->n, sizeof(*slot));
		if (!slot)
			return -1;
		*slot = (struct below){ walk->depth + 1, st.st_ino, strdup(entry->d_name) };
		if (!slot->name)
			return -1;
	}
	return 0;
}

static int walk_step(struct walk *walk, const char *name)
{
	int next = openat(walk->at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return -1;
	close(walk->at);
	walk->at = next;
	return 0;
}

/* Up to what the next one was found in, and down to it. A removed cgroup still has its "..".
 * The kernel moves no cgroup v2, so the number of steps alone would tell where they lead; the
 * inode makes sure that they never lead out of the tree. */
static int walk_to(struct walk *walk, const struct below *to)
{
	struct stat st;

	for (; walk->depth >= to->depth; walk->depth--)
		if (walk_step(walk, "..") < 0)
			return -1;
	if (fstat(walk->at, &st) < 0)
		return -1;
	if (st.st_ino != to->parent) {
		errno = ESTALE;
		return -1;
	}
	if (walk_step(walk, to->name) < 0)
		return -1;
	walk->depth++;
	return 0;
}

static int add_all_pids(int fd, struct pid_list *list)
{
	auto_walk struct walk walk = { .at = -1 };

	walk.at = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk.at < 0)
		return errno == ENOENT ? 0 : -1;
	if (add_pids(fd, list) < 0 || walk_add(&walk) < 0)
		return -1;
	while (walk.n > 0) {
		struct below to = walk.todo[--walk.n];
		int there = walk_to(&walk, &to);

		mem_free_ptr(&to.name);
		if (there < 0 && errno == ENOENT)
			continue;
		if (there < 0 || add_pids(walk.at, list) < 0 || walk_add(&walk) < 0)
			return -1;
	}
	return 0;
}

int cgroup_pids(int fd, pid_t **ret, size_t *ret_n, struct err *err)
{
	struct pid_list list = { NULL, 0 };

	if (add_all_pids(fd, &list) < 0) {
		err_sys(err, "list the cgroup's processes");
		free(list.pid);
		return -1;
	}
	*ret = list.pid;
	*ret_n = list.n;
	return 0;
}

/* ---- killing ---- */

/* Frozen they can't fork, so one round is enough; where that fails too, rounds until nobody is
 * left. SIGKILL reaches frozen ones as well (cgroup-v2.rst, cgroup.freeze). */
static int kill_each(int fd, struct err *err)
{
	struct err ignored;
	bool frozen = cgroup_freeze(fd, true, &ignored) == 0;
	size_t n = 0;

	for (int round = 0; round < KILL_ROUNDS; round++) {
		auto_free pid_t *pids = NULL;

		if (cgroup_pids(fd, &pids, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (kill(pids[i], SIGKILL) < 0 && errno != ESRCH)
				return err_sys(err, "kill process %d", (int)pids[i]);
		if (n == 0 || frozen)
			break;
	}
	if (frozen)
		return cgroup_freeze(fd, false, err);
	return n == 0 ? 0 : err_set(err, EBUSY, "kill the cgroup: it grows faster than it dies");
}

int cgroup_kill(int fd, struct err *err)
{
	if (cgroup_file_write(fd, "cgroup.kill", "1") == 0)
		return 0;
	if (errno == ENOENT) /* an old kernel, or the cgroup is gone */
		return kill_each(fd, err);
	return errno == ENODEV ? 0 : err_sys(err, "kill the cgroup");
}

/* ---- removing ---- */

/* The first child that is not removed at once, into name. 1 found, 0 none is left, -1 errno. */
static int remove_children(int fd, char name[NAME_MAX + 1])
{
	auto_dir DIR *dir = list_folder(fd);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (!is_folder(entry) || unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 ||
		    errno == ENOENT)
			continue;
		if (errno != EBUSY)
			return -1;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		return 1;
	}
	return 0;
}

/* Removes all that is below top. How deep and how wide that is was the container's to choose,
 * so this goes down and up with one fd at a time instead of calling itself. */
static int remove_below(int top)
{
	auto_fd int at = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t depth = 0;

	if (at < 0)
		return -1;
	for (;;) {
		int found = remove_children(at, name), next;

		if (found < 0 || (found == 0 && depth == 0))
			return found;
		next = openat(at, found ? name : "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return -1;
		close(at);
		at = next;
		depth = found ? depth + 1 : depth - 1;
		if (found &&
		    !has_children(at)) { /* busy, and not with children: someone is in it */
			errno = EBUSY;
			return -1;
		}
	}
}

/* Who is still in it, for the error. */
static int tell_who_stays(int fd, const char *path, struct err *err)
{
	auto_free pid_t *pids = NULL;
	size_t n = 0;

	if (cgroup_pids(fd, &pids, &n, err) < 0)
		return -1;
	err_set(err, EBUSY, "remove cgroup \"%s\": %s", path, strerror(EBUSY));
	if (n > 0)
		err_hint(err, "processes in it: %zu, one is %d", n, (int)pids[0]);
	return -1;
}

/* Removes one that would not go at once: processes are ending in it, or it has children. */
static int remove_tree(const char *path, const char *full, struct err *err)
{
	auto_fd int fd = cgroup_open(path, err), events = -1;

	if (fd < 0)
		return -1;
	events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return err_sys(err, "remove cgroup \"%s\"", path);
	if (wait_for_event(events, "populated 0") < 0 && errno != ENOENT)
		return tell_who_stays(fd, path, err);
	if (remove_below(fd) == 0 && (rmdir(full) == 0 || errno == ENOENT))
		return 0;
	if (errno == EBUSY)
		return tell_who_stays(fd, path, err);
	return err_sys(err, "remove cgroup \"%s\"", path);
}

/* The parents that are ours alone, as far as they are empty. */
static void remove_parents(char *full, size_t mount_len)
{
	char *below = full + mount_len, *slash;

	if (!str_starts(below, CGROUP_PARENT "/"))
		return;
	while ((slash = strrchr(below, '/')) > below + strlen(CGROUP_PARENT)) {
		*slash = '\0';
		if (rmdir(full) < 0)
			return;
	}
}

int cgroup_remove(const char *path, struct err *err)
{
	char full[PATH_MAX];

	if (path[0] == '\0')
		return 0;
	if (cgroup_full_path(path, full, err) < 0)
		return -1;
	if (rmdir(full) < 0 && errno != ENOENT) {
		struct err why;

		if (errno != EBUSY)
			return err_sys(err, "remove cgroup \"%s\"", path);
		if (remove_tree(path, full, &why) < 0 && why.code != ENOENT) {
			if (err)
				*err = why;
			return -1;
		}
	}
	remove_parents(full, strlen(full) - strlen(path));
	return 0;
}
