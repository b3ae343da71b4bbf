/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes into /proc go to procfs or nowhere: procfs, sysctl, the labels, oom_score_adj. */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/entry.h"
#include "runtime/kernel/lsm.h"
#include "runtime/kernel/procfs.h"
#include "runtime/kernel/sched.h"
#include "runtime/kernel/sysctl.h"

static int proc = -1;

static int open_proc(void **state)
{
	(void)state;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return proc < 0 ? -1 : 0;
}

/* Runs fn in a child with mount, network, uts and ipc namespaces of its own; its status. */
static int apart(int (*fn)(void))
{
	pid_t pid = proc_clone(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC, -1, NULL);

	if (pid == 0) {
		int failed = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0;

		_exit(failed ? 99 : fn());
	}
	assert_return_code(pid, errno);
	return proc_wait(pid);
}

static void file_is_opened_through_self(void **state)
{
	int fd = procfs_open(proc, "self/status", O_RDONLY);

	(void)state;
	assert_return_code(fd, errno);
	close(fd);
}

static void way_out_is_refused(void **state)
{
	(void)state;
	assert_int_equal(procfs_open(proc, "../etc/passwd", O_RDONLY), -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(procfs_open(proc, "/etc/passwd", O_RDONLY), -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(procfs_open(proc, "self/root/etc/passwd", O_RDONLY), -1);
	assert_int_equal(errno, ELOOP);
}

static void folder_that_is_no_procfs_is_refused(void **state)
{
	int etc = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(procfs_open(etc, "passwd", O_RDONLY), -1);
	assert_int_equal(errno, EXDEV);
	close(etc);
}

static int open_covered(void)
{
	int covered = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (mount("/dev/null", "/proc/version", NULL, MS_BIND, NULL) < 0)
		return 1;
	if (procfs_open(covered, "version", O_RDONLY) >= 0)
		return 2;
	return errno == EXDEV ? 0 : 3;
}

static void what_is_mounted_over_a_file_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(apart(open_covered), 0);
}

/* ---- sysctl ---- */

static int read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	int number = -1;

	if (file) {
		if (fscanf(file, "%d", &number) != 1)
			number = -1;
		fclose(file);
	}
	return number;
}

static int set_sysctls(void)
{
	struct spec_pair list[] = {
		{ "net/ipv4/ip_forward", "1" },
		{ "kernel/msgmax", "4711" },
	};
	const struct spec spec = { .lin = { .sysctl = list, .sysctl_n = ARRAY_SIZE(list) } };
	struct err err;

	if (sysctl_apply(proc, &spec, &err) < 0)
		return 1;
	if (read_number("/proc/sys/net/ipv4/ip_forward") != 1)
		return 2;
	return read_number("/proc/sys/kernel/msgmax") == 4711 ? 0 : 3;
}

static void sysctls_are_set_in_our_namespaces(void **state)
{
	int before = read_number("/proc/sys/kernel/msgmax");

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(apart(set_sysctls), 0);
	assert_int_equal(read_number("/proc/sys/kernel/msgmax"), before);
}

static void unknown_sysctl_is_an_error(void **state)
{
	struct spec_pair list[] = { { "net/no/such", "1" } };
	const struct spec spec = { .lin = { .sysctl = list, .sysctl_n = 1 } };
	struct err err;

	(void)state;
	assert_fails(sysctl_apply(proc, &spec, &err), &err, ENOENT,
		     "linux.sysctl: open \"/proc/sys/net/no/such\": No such file or directory "
		     "(this kernel has no such sysctl in the container's namespaces)");
}

static int set_bad_value(void)
{
	struct spec_pair list[] = { { "net/ipv4/ip_forward", "x" } };
	const struct spec spec = { .lin = { .sysctl = list, .sysctl_n = 1 } };
	struct err err;

	if (sysctl_apply(proc, &spec, &err) == 0)
		return 1;
	return strcmp(err.msg, "linux.sysctl: write \"x\" to \"/proc/sys/net/ipv4/ip_forward\": "
			       "Invalid argument") == 0 ?
		       0 :
		       2;
}

static void value_that_the_kernel_refuses_is_an_error(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(apart(set_bad_value), 0);
}

/* ---- oom_score_adj ---- */

static int raise_oom(void)
{
	const struct spec_process process = { .oom_score_adj = { .given = true, .value = 321 } };
	struct err err;

	if (sched_apply_oom(proc, getpid(), &process, &err) < 0)
		return 1;
	return read_number("/proc/self/oom_score_adj") == 321 ? 0 : 2;
}

static void oom_score_adj_is_set(void **state)
{
	pid_t pid = proc_clone(0, -1, NULL);

	(void)state;
	if (pid == 0)
		_exit(raise_oom());
	assert_int_equal(proc_wait(pid), 0);
}

/* ---- labels ---- */

static void label_is_written_by_the_entry_program(void **state)
{
	const struct lsm_labels labels = { .apparmor = "some-profile", .selinux = "a:b:c" };
	const char *const paths[] = { "self/attr/apparmor/exec", "self/attr/exec" };
	const char *const texts[] = { "exec some-profile", "a:b:c" };
	struct entry entry;
	struct err err;

	(void)state;
	assert_ok(entry_init(&entry, 4096, &err), &err);
	lsm_plan(&labels, 17, &entry);
	assert_ok(entry_ready(&entry, &err), &err);
	assert_int_equal(entry.block->calls, 4);
	for (int i = 0; i < 2; i++) {
		const struct entry_call *open_call = &entry.block->call[2 * i];
		const struct entry_call *write_call = open_call + 1;

		assert_int_equal(open_call->nr, SYS_openat2);
		assert_int_equal(open_call->arg[0], 17);
		assert_string_equal((const char *)(uintptr_t)open_call->arg[1], paths[i]);
		assert_int_equal(write_call->nr, SYS_write);
		assert_true(write_call->arg[0] == ENTRY_RESULT);
		assert_int_equal(write_call->arg[2], strlen(texts[i]));
		assert_memory_equal((const void *)(uintptr_t)write_call->arg[1], texts[i],
				    strlen(texts[i]));
	}
	entry_done(&entry);
}

static void no_label_is_no_call(void **state)
{
	const struct spec_process process = { .apparmor_profile = "" };
	struct lsm_labels labels;
	struct entry entry;
	struct err err;

	(void)state;
	assert_ok(entry_init(&entry, 4096, &err), &err);
	lsm_find(&process, NULL, &labels);
	assert_false(lsm_labels_exec(&labels));
	lsm_plan(&labels, 17, &entry);
	assert_int_equal(entry.block->calls, 0);
	entry_done(&entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_opened_through_self),
		cmocka_unit_test(way_out_is_refused),
		cmocka_unit_test(folder_that_is_no_procfs_is_refused),
		cmocka_unit_test(what_is_mounted_over_a_file_is_refused),
		cmocka_unit_test(sysctls_are_set_in_our_namespaces),
		cmocka_unit_test(unknown_sysctl_is_an_error),
		cmocka_unit_test(value_that_the_kernel_refuses_is_an_error),
		cmocka_unit_test(oom_score_adj_is_set),
		cmocka_unit_test(label_is_written_by_the_entry_program),
		cmocka_unit_test(no_label_is_no_call),
	};

	return cmocka_run_group_tests_name("procfs", tests, open_proc, NULL);
}
