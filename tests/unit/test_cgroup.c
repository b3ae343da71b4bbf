/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cgroups: paths, and, as root with a cgroup v2 hierarchy, what the kernel makes of it. All
 * that is made is below /vzrun-test-PID (and one test's below /vzrun). */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"

static char top[64];            /* "/vzrun-test-PID", or "" where the kernel tests can't run */
static const char *why_skipped; /* then */

/* ---- what the linker puts between the code and the kernel (--wrap) ---- */

static bool no_cgroup_kill; /* as before 5.14 */
static bool time_flies;     /* a poll that waits takes no time, but its timeout has passed */
static int64_t flown_msec;

int __real_cgroup_file_write(int dirfd, const char *name, const char *text);
int __wrap_cgroup_file_write(int dirfd, const char *name, const char *text);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_cgroup_file_write(int dirfd, const char *name, const char *text)
{
	if (no_cgroup_kill && str_eq(name, "cgroup.kill")) {
		errno = ENOENT;
		return -1;
	}
	return __real_cgroup_file_write(dirfd, name, text);
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (!time_flies)
		return __real_poll(fds, n, timeout);
	flown_msec += timeout;
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int failed = __real_clock_gettime(clock, ret);

	ret->tv_sec += flown_msec / 1000 + 1;
	return failed;
}

/* ---- helpers ---- */

#define NEEDS_KERNEL()                                             \
	do {                                                       \
		if (!top[0]) {                                     \
			print_message("# SKIP %s\n", why_skipped); \
			skip();                                    \
		}                                                  \
	} while (0)

/* top/NAME, in one of a few buffers. */
static const char *below(const char *name)
{
	static char path[4][256];
	static unsigned int next;
	char *mine = path[next++ % ARRAY_SIZE(path)];

	snprintf(mine, sizeof(path[0]), "%s/%s", top, name);
	return mine;
}

static int create(const char *path)
{
	struct err err;
	int fd = -1;

	assert_ok(fd = cgroup_create(path, NULL, false, NULL, &err), &err);
	return fd;
}

static void remove_ok(const char *path)
{
	struct err err;

	assert_ok(cgroup_remove(path, &err), &err);
}

static bool exists(const char *path)
{
	struct err err;
	auto_fd int fd = cgroup_open(path, &err);

	if (fd < 0)
		assert_int_equal(err.code, ENOENT);
	return fd >= 0;
}

/* A process in the cgroup that does nothing and ends with us. */
static pid_t start_in(int cgroup)
{
	pid_t pid = proc_clone(0, cgroup, NULL);

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(proc_wait(pid), 128 + SIGKILL);
}

static uint32_t host_controllers(void)
{
	char text[512];
	struct err err;
	auto_fd int host = cgroup_open_host(&err);

	assert_true(cgroup_file_read(host, "cgroup.controllers", text, sizeof(text)) >= 0);
	return cgroup_controllers_parse(text);
}

static const char *content(int fd, const char *file)
{
	static char text[512];

	if (cgroup_file_read(fd, file, text, sizeof(text)) < 0)
		fail_msg("%s: %s", file, strerror(errno));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* ---- paths ---- */

static void assert_path(const char *cgroups_path, const char *want)
{
	struct err err = { 0 };
	auto_free char *path = cgroup_path(cgroups_path, "ct1", &err);

	if (!path)
		fail_msg("%s", err.msg);
	assert_string_equal(path, want);
}

static void assert_path_refused(const char *cgroups_path, const char *want)
{
	struct err err = { 0 };

	assert_null(cgroup_path(cgroups_path, "ct1", &err));
	assert_string_equal(err.msg, want);
	assert_int_equal(err.code, ERR_INPUT);
}

static void path_defaults_to_the_id(void **state)
{
	(void)state;
	assert_path(NULL, "/vzrun/ct1");
	assert_path("", "/vzrun/ct1");
}

static void path_is_absolute_or_below_ours(void **state)
{
	(void)state;
	assert_path("/machine.slice/x", "/machine.slice/x");
	assert_path("pod/x", "/vzrun/pod/x");
	assert_path("//a/./b//", "/a/b");
	assert_path("/a..b/..c", "/a..b/..c");
}

static void path_never_goes_up(void **state)
{
	(void)state;
	assert_path_refused("../x", "cgroup path \"../x\": \"..\" is not allowed");
	assert_path_refused("/a/../b", "cgroup path \"/a/../b\": \"..\" is not allowed");
	assert_path_refused("/a/..", "cgroup path \"/a/..\": \"..\" is not allowed");
}

static void path_of_all_containers_is_refused(void **state)
{
	(void)state;
	assert_path_refused("/", "cgroup path \"/\" can't be a container's own");
	assert_path_refused("/./", "cgroup path \"/./\" can't be a container's own");
	assert_path_refused("/vzrun/", "cgroup path \"/vzrun/\" can't be a container's own");
}

static void only_cgroups_are_opened(void **state)
{
	struct err err;

	(void)state;
	assert_fails(cgroup_open("", &err), &err, ERR_INPUT, "\"\" is no path of a cgroup");
	assert_fails(cgroup_open("/", &err), &err, ERR_INPUT, "\"/\" is no path of a cgroup");
	assert_fails(cgroup_open("/a/../b", &err), &err, ERR_INPUT,
		     "\"/a/../b\" is no path of a cgroup");
}

static void lines_are_compared_whole(void **state)
{
	(void)state;
	assert_true(cgroup_file_has_line("populated 1\nfrozen 0\n", "frozen 0"));
	assert_true(cgroup_file_has_line("populated 1\nfrozen 0\n", "populated 1"));
	assert_false(cgroup_file_has_line("populated 10\nfrozen 0\n", "populated 1"));
	assert_false(cgroup_file_has_line("unfrozen 0\n", "frozen 0"));
	assert_false(cgroup_file_has_line("", "frozen 0"));
}

/* ---- making and removing ---- */

static void create_makes_the_parents_and_remove_leaves_them(void **state)
{
	auto_fd int fd = -1;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("a/b/c"));
	assert_string_equal(content(fd, "cgroup.type"), "domain");
	remove_ok(below("a/b/c"));
	assert_false(exists(below("a/b/c")));
	assert_true(exists(below("a/b")));
	remove_ok(below("a"));
}

static void create_takes_over_an_empty_one(void **state)
{
	auto_fd int first = -1, second = -1;

	(void)state;
	NEEDS_KERNEL();
	first = create(below("x"));
	second = create(below("x"));
	remove_ok(below("x"));
}

static void create_refuses_one_that_is_used(void **state)
{
	auto_fd int fd = -1;
	struct err err;
	char want[256];
	pid_t pid;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	pid = start_in(fd);
	snprintf(want, sizeof(want), "cgroup \"%s\" holds processes already", below("x"));
	assert_fails(cgroup_create(below("x"), NULL, false, NULL, &err), &err, ERR_EXISTS, want);
	end(pid);
	assert_ok(cgroup_freeze(fd, true, &err), &err);
	snprintf(want, sizeof(want), "cgroup \"%s\" is frozen", below("x"));
	assert_fails(cgroup_create(below("x"), NULL, false, NULL, &err), &err, ERR_EXISTS, want);
	remove_ok(below("x"));
}

static void remove_of_none_is_fine(void **state)
{
	struct err err;

	(void)state;
	assert_ok(cgroup_remove("", &err), &err);
	NEEDS_KERNEL();
	remove_ok(below("nobody"));
	remove_ok(below("nobody/at/all"));
}

static void remove_waits_for_dying_processes(void **state)
{
	auto_fd int fd = -1;
	struct err err;
	pid_t pids[8];

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = start_in(fd);
	assert_ok(cgroup_kill(fd, &err), &err);
	remove_ok(below("x"));
	assert_false(exists(below("x")));
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		assert_int_equal(proc_wait(pids[i]), 128 + SIGKILL);
}

static void remove_gives_up_on_living_processes(void **state)
{
	auto_fd int fd = -1;
	struct err err;
	char want[256];
	pid_t pid;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	pid = start_in(fd);
	snprintf(want, sizeof(want),
		 "remove cgroup \"%s\": Device or resource busy (processes in it: 1, one is %d)",
		 below("x"), (int)pid);
	time_flies = true;
	assert_fails(cgroup_remove(below("x"), &err), &err, EBUSY, want);
	time_flies = false;
	end(pid);
	remove_ok(below("x"));
}

/* As deep as a container may like, with few fds. */
static void remove_goes_to_any_depth(void **state)
{
	struct rlimit old, few = { 32, 32 };
	auto_fd int at = -1;

	(void)state;
	NEEDS_KERNEL();
	at = create(below("x"));
	for (int i = 0; i < 200; i++) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0755), 0);
		assert_int_equal(mkdirat(at, "e", 0755), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	remove_ok(below("x"));
	setrlimit(RLIMIT_NOFILE, &old);
	assert_false(exists(below("x")));
}

static void make_and_remove_many(const char *path)
{
	for (int i = 0; i < 20; i++) {
		int fd = cgroup_create(path, NULL, false, NULL, NULL);

		if (fd < 0 || cgroup_remove(path, NULL) < 0)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

/* Each finds the common parent removed by the other at times. */
static void parents_that_come_and_go_do_no_harm(void **state)
{
	pid_t pids[3];
	char path[64];

	(void)state;
	NEEDS_KERNEL();
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		snprintf(path, sizeof(path), "/vzrun/vztest-%d/%zu", (int)getpid(), i);
		pids[i] = fork();
		if (pids[i] == 0)
			make_and_remove_many(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		assert_int_equal(proc_wait(pids[i]), 0);
	*strrchr(path, '/') = '\0';
	assert_false(exists(path));
}

/* ---- processes ---- */

static void frozen_processes_stand_still(void **state)
{
	volatile unsigned int *count;
	auto_fd int fd = -1;
	unsigned int before;
	struct err err;
	pid_t pid;

	(void)state;
	NEEDS_KERNEL();
	count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = create(below("x"));
	pid = proc_clone(0, fd, NULL);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			++*count;
	}
	while (*count == 0)
		usleep(1000);
	assert_ok(cgroup_freeze(fd, true, &err), &err);
	assert_true(cgroup_frozen(fd));
	before = *count;
	usleep(20000);
	assert_int_equal(*count, before);
	assert_ok(cgroup_freeze(fd, false, &err), &err);
	assert_false(cgroup_frozen(fd));
	while (*count == before)
		usleep(1000);
	end(pid);
	remove_ok(below("x"));
	munmap((void *)(uintptr_t)count, 4096);
}

static void thaw_below_a_frozen_one_is_an_error(void **state)
{
	auto_fd int outer = -1, inner = -1;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	outer = create(below("x"));
	inner = create(below("x/y"));
	assert_ok(cgroup_freeze(outer, true, &err), &err);
	assert_true(cgroup_frozen(inner));
	time_flies = true;
	assert_fails(cgroup_freeze(inner, false, &err), &err, ETIMEDOUT,
		     "thaw the cgroup: not done after 10 s (is a cgroup above it frozen?)");
	time_flies = false;
	remove_ok(below("x"));
}

static void kill_reaches_frozen_and_nested_processes(void **state)
{
	auto_fd int outer = -1, inner = -1;
	struct err err;
	pid_t pids[2];

	(void)state;
	NEEDS_KERNEL();
	outer = create(below("x"));
	inner = create(below("x/y"));
	pids[0] = start_in(outer);
	pids[1] = start_in(inner);
	assert_ok(cgroup_freeze(outer, true, &err), &err);
	assert_ok(cgroup_kill(outer, &err), &err);
	assert_int_equal(proc_wait(pids[0]), 128 + SIGKILL);
	assert_int_equal(proc_wait(pids[1]), 128 + SIGKILL);
	remove_ok(below("x"));
}

static void kill_works_without_cgroup_kill(void **state)
{
	auto_fd int outer = -1, inner = -1;
	struct err err;
	pid_t pids[2];

	(void)state;
	NEEDS_KERNEL();
	outer = create(below("x"));
	inner = create(below("x/y"));
	pids[0] = start_in(outer);
	pids[1] = start_in(inner);
	no_cgroup_kill = true;
	assert_ok(cgroup_kill(outer, &err), &err);
	no_cgroup_kill = false;
	assert_int_equal(proc_wait(pids[0]), 128 + SIGKILL);
	assert_int_equal(proc_wait(pids[1]), 128 + SIGKILL);
	remove_ok(below("x"));
}

static void kill_of_a_removed_one_is_fine(void **state)
{
	auto_fd int fd = -1;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	remove_ok(below("x"));
	assert_ok(cgroup_kill(fd, &err), &err);
}

static void pids_lists_each_process_once(void **state)
{
	auto_fd int outer = -1, inner = -1;
	auto_free pid_t *pids = NULL;
	pid_t own[3], sum = 0;
	struct err err;
	size_t n = 99;

	(void)state;
	NEEDS_KERNEL();
	outer = create(below("x"));
	assert_ok(cgroup_pids(outer, &pids, &n, &err), &err);
	assert_int_equal(n, 0);
	assert_int_equal(mkdirat(outer, "y", 0755), 0);
	inner = create(below("x/y/z"));
	own[0] = start_in(outer);
	own[1] = start_in(inner);
	own[2] = start_in(inner);
	assert_ok(cgroup_pids(outer, &pids, &n, &err), &err);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		sum += pids[i];
	assert_int_equal(sum, own[0] + own[1] + own[2]);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		end(own[i]);
	remove_ok(below("x"));
}

/* ---- handing over ---- */

static void delegate_gives_what_an_init_needs_and_no_limit(void **state)
{
	static const char *const given[] = { ".", "cgroup.procs", "cgroup.subtree_control" };
	static const char *const kept[] = { "cgroup.freeze", "cgroup.kill", "cgroup.max.depth" };
	auto_fd int fd = -1;
	struct err err;
	struct stat st;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	assert_ok(cgroup_delegate(fd, 100000, 100001, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		assert_int_equal(fstatat(fd, given[i], &st, 0), 0);
		assert_int_equal(st.st_uid, 100000);
		assert_int_equal(st.st_gid, 100001);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		assert_int_equal(fstatat(fd, kept[i], &st, 0), 0);
		assert_int_equal(st.st_uid, 0);
	}
	remove_ok(below("x"));
}

/* ---- limits ---- */

static void memory_limit_is_set_or_told_missing(void **state)
{
	struct spec_resources res = { .memory = { .limit = { true, 64 << 20 } } };
	auto_strv char **missing = NULL;
	auto_fd int fd = -1;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	assert_ok(fd = cgroup_create(below("p/x"), &res, false, &missing, &err), &err);
	assert_ok(cgroup_apply(fd, &res, &err), &err);
	if (host_controllers() & cgroup_wanted(&res)) {
		assert_null(missing);
		assert_string_equal(content(fd, "memory.max"), "67108864");
	} else {
		assert_string_equal(missing[0], "memory");
		assert_null(missing[1]);
	}
	remove_ok(below("p"));
}

/* What was asked for is what the kernel holds, for each controller that is here. */
static void limits_reach_their_files(void **state)
{
	static struct spec_hugepage_limit huge = { "2MB", 4 << 20 };
	static const struct {
		struct spec_resources res;
		const char *file, *want;
	} rows[] = {
		{ { .memory = { .limit = { true, 64 << 20 }, .swap = { true, 80 << 20 } } },
		  "memory.swap.max",
		  "16777216" },
		{ { .memory = { .reservation = { true, 1 << 20 } } }, "memory.low", "1048576" },
		{ { .cpu = { .quota = { true, 50000 }, .period = { true, 200000 } } },
		  "cpu.max",
		  "50000 200000" },
		{ { .cpu = { .period = { true, 100000 }, .burst = { true, 20000 } } },
		  "cpu.max",
		  "50000 100000" },
		{ { .cpu = { .quota = { true, 10000 }, .burst = { true, 5000 } } },
		  "cpu.max.burst",
		  "5000" },
		{ { .cpu = { .shares = { true, 2048 } } }, "cpu.weight", "174" },
		{ { .cpu = { .cpus = "0" } }, "cpuset.cpus", "0" },
		{ { .pids_limit = { true, 7 } }, "pids.max", "7" },
		{ { .pids_limit = { true, -1 } }, "pids.max", "max" },
		{ { .hugepages = &huge, .hugepages_n = 1 }, "hugetlb.2MB.max", "4194304" },
	};
	struct spec_resources all = { .cpu = { .shares = { true, 2 }, .cpus = "0" },
				      .memory = { .limit = { true, 1 << 30 } },
				      .pids_limit = { true, 1 },
				      .hugepages = &huge,
				      .hugepages_n = 1 };
	uint32_t host;
	auto_fd int fd = -1;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	host = host_controllers();
	assert_ok(fd = cgroup_create(below("x"), &all, false, NULL, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t name_len = strcspn(rows[i].file, ".");
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)name_len, rows[i].file);
		if (!(cgroup_controllers_parse(name) & host))
			continue;
		assert_ok(cgroup_apply(fd, &rows[i].res, &err), &err);
		assert_string_equal(content(fd, rows[i].file), rows[i].want);
	}
	remove_ok(below("x"));
}

/* A controller that the host has (or has not), or NULL; of those that hold for processes as a
 * whole where `domain` says so. */
static const char *some_controller(bool had, bool domain)
{
	static const char *const domain_names[] = { "memory", "io", "hugetlb", NULL };
	uint32_t host = host_controllers();

	for (unsigned int bit = 0; cgroup_controller_name(bit); bit++) {
		const char *name = cgroup_controller_name(bit);
		bool fits = !domain;

		for (size_t i = 0; domain_names[i]; i++)
			fits |= str_eq(domain_names[i], name);
		if (fits && !!(host & (1U << bit)) == had)
			return name;
	}
	return NULL;
}

static void strict_makes_a_missing_controller_an_error(void **state)
{
	struct spec_pair pair = { NULL, "1" };
	struct spec_resources res = { .unified = &pair, .unified_n = 1 };
	char key[64], want[256];
	const char *name;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	name = some_controller(false, false);
	if (!name) {
		print_message("# SKIP this host has every controller there is\n");
		skip();
	}
	snprintf(key, sizeof(key), "%s.x", name);
	pair.key = key;
	snprintf(want, sizeof(want), "cgroup v2 has no controller %s here (%s)", name,
		 cgroup_why_missing(name));
	assert_fails(cgroup_create(below("x"), &res, true, NULL, &err), &err, ERR_UNSUPPORTED,
		     want);
	assert_false(exists(below("x")));
}

/* As for update: processes in it are no obstacle, a controller that came too late is enabled. */
static void open_for_limits_gets_controllers_later(void **state)
{
	struct spec_pair pair = { NULL, "1" };
	struct spec_resources res = { .unified = &pair, .unified_n = 1 };
	auto_fd int fd = -1, again = -1, parent = -1;
	const char *name;
	struct err err;
	char key[64];
	pid_t pid;

	(void)state;
	NEEDS_KERNEL();
	parent = create(below("p"));
	fd = create(below("p/x"));
	pid = start_in(fd);
	assert_string_equal(content(fd, "cgroup.controllers"), "");
	name = some_controller(true, true);
	if (name) {
		snprintf(key, sizeof(key), "%s.x", name);
		pair.key = key;
		assert_ok(again = cgroup_open_for(below("p/x"), &res, &err), &err);
		assert_true(cgroup_controllers_parse(content(fd, "cgroup.controllers")) &
			    cgroup_controllers_parse(name));
	}
	name = some_controller(false, false);
	if (name) {
		snprintf(key, sizeof(key), "%s.x", name);
		pair.key = key;
		assert_int_equal(cgroup_open_for(below("p/x"), &res, &err), -1);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
	}
	end(pid);
	remove_ok(below("p"));
}

/* cgroup-v2.rst, No Internal Process Constraint. */
static void processes_above_keep_controllers_back(void **state)
{
	struct spec_pair pair = { NULL, "1" };
	struct spec_resources res = { .unified = &pair, .unified_n = 1 };
	auto_fd int parent = -1;
	char key[64], want[512];
	const char *name;
	struct err err;
	pid_t pid;

	(void)state;
	NEEDS_KERNEL();
	name = some_controller(true, true);
	if (!name) {
		print_message("# SKIP no controller of v2 here could be kept back\n");
		skip();
	}
	snprintf(key, sizeof(key), "%s.x", name);
	pair.key = key;
	parent = create(below("p"));
	pid = start_in(parent);
	snprintf(want, sizeof(want),
		 "cgroup \"%s\": enable the controller %s in \"%s\": Device or resource busy "
		 "(a cgroup that holds processes can't pass controllers on)",
		 below("p/x"), name, below("p"));
	assert_fails(cgroup_create(below("p/x"), &res, false, NULL, &err), &err, EBUSY, want);
	assert_false(exists(below("p/x")));
	end(pid);
	remove_ok(below("p"));
}

static void join_is_explained(void **state)
{
	struct spec_pair pair = { NULL, "1" };
	struct spec_resources res = { .unified = &pair, .unified_n = 1 };
	auto_fd int outer = -1, inner = -1;
	struct err err;
	char key[64];

	(void)state;
	NEEDS_KERNEL();
	if (!some_controller(true, true)) {
		print_message("# SKIP no controller of v2 here could be passed on\n");
		skip();
	}
	snprintf(key, sizeof(key), "%s.x", some_controller(true, true));
	pair.key = key;
	outer = create(below("p"));
	assert_ok(inner = cgroup_create(below("p/x"), &res, false, NULL, &err), &err);
	assert_int_equal(proc_clone(0, outer, NULL), -1);
	err_sys(&err, "start in the cgroup");
	assert_int_equal(cgroup_hint_join(outer, &err), -1);
	assert_string_equal(err.msg, "start in the cgroup: Device or resource busy "
				     "(a cgroup that passes controllers on can't hold processes)");
	remove_ok(below("p"));
}

static void refused_value_is_told_with_its_file(void **state)
{
	struct spec_pair pair = { "cgroup.max.depth", "nonsense" };
	struct spec_resources res = { .unified = &pair, .unified_n = 1 };
	auto_fd int fd = -1;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	fd = create(below("x"));
	assert_fails(
		cgroup_apply(fd, &res, &err), &err, EINVAL,
		"linux.resources.unified: set \"cgroup.max.depth\" to \"nonsense\": Invalid argument");
	pair.key = "cgroup.nonsense";
	assert_fails(
		cgroup_apply(fd, &res, &err), &err, ENOENT,
		"linux.resources.unified: set \"cgroup.nonsense\" to \"nonsense\": No such file or directory");
	pair = (struct spec_pair){ "cgroup.max.depth", "3" };
	assert_ok(cgroup_apply(fd, &res, &err), &err);
	assert_string_equal(content(fd, "cgroup.max.depth"), "3");
	remove_ok(below("x"));
}

/* ---- devices ---- */

/* A device that is there and that no default rule names. */
static const char *some_device(void)
{
	static const char *const names[] = { "/dev/kmsg", "/dev/kvm", "/dev/loop-control",
					     "/dev/fuse", "/dev/mem" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_fd int fd = open(names[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return names[i];
	}
	return NULL;
}

/* What a process of the cgroup gets for opening it: 0 or errno. */
static int open_in(int cgroup, const char *path, int flags)
{
	pid_t pid = proc_clone(0, cgroup, NULL);

	if (pid == 0)
		_exit(open(path, flags | O_CLOEXEC) < 0 ? errno : 0);
	assert_true(pid > 0);
	return proc_wait(pid);
}

static void device_rules_hold_and_are_replaced(void **state)
{
	struct spec_device_rule all = { true, 'a', -1, -1, true, true, true };
	struct spec_device_rule none = { false, 'a', -1, -1, true, true, true };
	struct spec_device_rule one[2] = { none, { true, 'c', 0, 0, true, false, false } };
	auto_fd int fd = -1;
	const char *device;
	struct err err;
	struct stat st;

	(void)state;
	NEEDS_KERNEL();
	device = some_device();
	if (!device) {
		print_message("# SKIP no device here that isn't allowed by default\n");
		skip();
	}
	assert_int_equal(stat(device, &st), 0);
	one[1].major = major(st.st_rdev);
	one[1].minor = minor(st.st_rdev);
	fd = create(below("x"));
	assert_ok(cgroup_apply_devices(fd, &none, 1, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), EPERM);
	assert_int_equal(open_in(fd, "/dev/null", O_RDWR), 0);
	assert_ok(cgroup_apply_devices(fd, one, 2, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), 0);
	assert_int_equal(open_in(fd, device, O_WRONLY), EPERM);
	assert_ok(cgroup_apply_devices(fd, NULL, 0, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), EPERM);
	assert_ok(cgroup_apply_devices(fd, &all, 1, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), 0);
	remove_ok(below("x"));
}

static int prepare_only(int fd, const struct spec_device_rule *rules, size_t n, struct err *err)
{
	auto_cgroup_devices struct cgroup_devices devices = CGROUP_DEVICES_INIT;

	return cgroup_prepare_devices(fd, rules, n, &devices, err);
}

/* More instructions than the kernel takes in one program. */
static int prepare_too_many(int fd, struct err *err)
{
	size_t n = 1000000;
	struct spec_device_rule *many = calloc(n, sizeof(*many));
	int rc;

	assert_non_null(many);
	for (size_t i = 0; i < n; i++)
		many[i] = (struct spec_device_rule){ true,       'c',  (int64_t)(i % 4096) + 1,
						     (int64_t)i, true, false,
						     false };
	rc = prepare_only(fd, many, n, err);
	free(many);
	return rc;
}

static void preparing_device_rules_changes_nothing(void **state)
{
	struct spec_device_rule all = { true, 'a', -1, -1, true, true, true };
	struct spec_device_rule none = { false, 'a', -1, -1, true, true, true };
	auto_fd int fd = -1;
	const char *device;
	struct err err;

	(void)state;
	NEEDS_KERNEL();
	device = some_device();
	if (!device) {
		print_message("# SKIP no device here that isn't allowed by default\n");
		skip();
	}
	fd = create(below("x"));
	assert_ok(prepare_only(fd, &none, 1, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), 0);
	assert_ok(cgroup_apply_devices(fd, &none, 1, &err), &err);
	assert_ok(prepare_only(fd, &all, 1, &err), &err);
	assert_int_equal(open_in(fd, device, O_RDONLY), EPERM);
	assert_int_equal(prepare_too_many(fd, &err), -1);
	remove_ok(below("x"));
}

/* ---- frame ---- */

static int set_up(void **state)
{
	struct err err;
	auto_fd int host = cgroup_open_host(&err), fd = -1;

	(void)state;
	if (host < 0) {
		why_skipped = "no cgroup v2 hierarchy is mounted";
		return 0;
	}
	snprintf(top, sizeof(top), "/vzrun-test-%d", (int)getpid());
	fd = cgroup_create(top, NULL, false, NULL, &err);
	if (fd < 0 && (err.code == EACCES || err.code == EPERM || err.code == EROFS)) {
		why_skipped = "needs root and a cgroup v2 hierarchy that can be written";
		top[0] = '\0';
		return 0;
	}
	if (fd < 0)
		print_error("%s\n", err.msg);
	return fd < 0;
}

static int clean_up(void **state)
{
	struct err err = { 0 };
	auto_fd int fd = -1;

	(void)state;
	if (!top[0])
		return 0;
	fd = cgroup_open(top, &err);
	if (fd < 0 || cgroup_kill(fd, &err) < 0 || cgroup_remove(top, &err) < 0) {
		print_error("%s\n", err.msg);
		return 1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_defaults_to_the_id),
		cmocka_unit_test(path_is_absolute_or_below_ours),
		cmocka_unit_test(path_never_goes_up),
		cmocka_unit_test(path_of_all_containers_is_refused),
		cmocka_unit_test(only_cgroups_are_opened),
		cmocka_unit_test(lines_are_compared_whole),
		cmocka_unit_test(create_makes_the_parents_and_remove_leaves_them),
		cmocka_unit_test(create_takes_over_an_empty_one),
		cmocka_unit_test(create_refuses_one_that_is_used),
		cmocka_unit_test(remove_of_none_is_fine),
		cmocka_unit_test(remove_waits_for_dying_processes),
		cmocka_unit_test(remove_gives_up_on_living_processes),
		cmocka_unit_test(remove_goes_to_any_depth),
		cmocka_unit_test(parents_that_come_and_go_do_no_harm),
		cmocka_unit_test(frozen_processes_stand_still),
		cmocka_unit_test(thaw_below_a_frozen_one_is_an_error),
		cmocka_unit_test(kill_reaches_frozen_and_nested_processes),
		cmocka_unit_test(kill_works_without_cgroup_kill),
		cmocka_unit_test(kill_of_a_removed_one_is_fine),
		cmocka_unit_test(pids_lists_each_process_once),
		cmocka_unit_test(delegate_gives_what_an_init_needs_and_no_limit),
		cmocka_unit_test(memory_limit_is_set_or_told_missing),
		cmocka_unit_test(limits_reach_their_files),
		cmocka_unit_test(strict_makes_a_missing_controller_an_error),
		cmocka_unit_test(open_for_limits_gets_controllers_later),
		cmocka_unit_test(processes_above_keep_controllers_back),
		cmocka_unit_test(join_is_explained),
		cmocka_unit_test(refused_value_is_told_with_its_file),
		cmocka_unit_test(device_rules_hold_and_are_replaced),
		cmocka_unit_test(preparing_device_rules_changes_nothing),
	};

	return cmocka_run_group_tests_name("cgroup", tests, set_up, clean_up);
}
