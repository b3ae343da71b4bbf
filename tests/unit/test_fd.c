/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "runtime/base/fd.h"
#include "tests/unit/scratch.h"

static void write_file(const struct scratch *scratch, const char *name, const void *data,
		       size_t len)
{
	auto_fd int fd = openat(scratch->fd, name, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(fd_write_all(fd, data, len), 0);
}

static void a_closed_fd_is_unset(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), was = fd;

	(void)state;
	errno = EXDEV;
	fd_closep(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fcntl(was, F_GETFD), -1);
	fd_closep(&fd);
}

static void a_stolen_fd_stays_open(void **state)
{
	auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	auto_fd int kept = -1;

	(void)state;
	kept = steal_fd(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC);
}

static void an_fds_path_names_it(void **state)
{
	char buf[FD_PATH_SIZE];

	(void)state;
	assert_string_equal(fd_path(buf, 17), "/proc/self/fd/17");
	assert_string_equal(fd_path(buf, INT32_MAX), "/proc/self/fd/2147483647");
}

static void pipes_are_read_and_written_whole(void **state)
{
	enum { BYTES = 300000 };
	auto_free char *out = malloc(BYTES), *in = malloc(BYTES + 1);
	int fds[2];
	pid_t pid;

	(void)state;
	for (int i = 0; i < BYTES; i++)
		out[i] = (char)(i * 7);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(fd_write_all(fds[1], out, BYTES) == 0 ? 0 : 1);
	close(fds[1]);
	assert_int_equal(fd_read_all(fds[0], in, BYTES + 1), BYTES);
	assert_memory_equal(in, out, BYTES);
	close(fds[0]);
	waitpid(pid, NULL, 0);
}

static void errors_of_reading_and_writing_are_told(void **state)
{
	const struct scratch *scratch = *state;
	auto_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char buf[4];

	assert_int_equal(fd_write_all(full, "x", 1), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(fd_read_all(scratch->fd, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EISDIR);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A handler without SA_RESTART, and a writer whose two signals come first. */
static void a_signal_does_not_cut_a_read(void **state)
{
	const struct sigaction handle = { .sa_handler = on_alarm };
	struct sigaction old;
	char buf[4] = "";
	int fds[2];
	pid_t pid;

	(void)state;
	sigaction(SIGUSR1, &handle, &old);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 2; i++) {
			usleep(20000);
			kill(getppid(), SIGUSR1);
		}
		usleep(20000);
		_exit(write(fds[1], "abc", 3) != 3);
	}
	close(fds[1]);
	assert_int_equal(fd_read_all(fds[0], buf, sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	close(fds[0]);
	waitpid(pid, NULL, 0);
	sigaction(SIGUSR1, &old, NULL);
}

static void a_file_is_read_with_a_nul_behind_it(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *text = NULL;
	size_t len = 0;
	struct err err;

	write_file(scratch, "f", "hello", 5);
	assert_ok(fd_load_at(scratch->fd, "f", 100, &text, &len, &err), &err);
	assert_int_equal(len, 5);
	assert_string_equal(text, "hello");
}

static void files_of_every_size_up_to_the_limit_are_read(void **state)
{
	const struct scratch *scratch = *state;
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8191, 8192, 20000 };
	auto_free char *data = calloc(1, 20001);
	struct err err;

	memset(data, 'z', 20001);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_free char *text = NULL, *more = NULL;
		size_t len = 77;

		write_file(scratch, "f", data, sizes[i]);
		assert_ok(fd_load_at(scratch->fd, "f", sizes[i], &text, &len, &err), &err);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(strlen(text), sizes[i]);
		write_file(scratch, "f", data, sizes[i] + 1);
		assert_int_equal(fd_load_at(scratch->fd, "f", sizes[i], &more, NULL, &err), -1);
		assert_int_equal(err.code, EFBIG);
		assert_null(more);
	}
}

static void files_of_proc_are_read(void **state)
{
	auto_free char *text = NULL;
	size_t len = 0;
	struct err err;

	(void)state;
	assert_ok(fd_load_at(AT_FDCWD, "/proc/self/stat", 1 << 20, &text, &len, &err), &err);
	assert_true(len > 10);
}

static void a_missing_file_is_named(void **state)
{
	const struct scratch *scratch = *state;
	char *text = NULL;
	struct err err;

	assert_fails(fd_load_at(scratch->fd, "none", 10, &text, NULL, &err), &err, ENOENT,
		     "open \"none\": No such file or directory");
	assert_fails(fd_load_at(scratch->fd, ".", 10, &text, NULL, &err), &err, EISDIR,
		     "read \".\": Is a directory");
}

static void a_kernel_file_is_written_in_one_piece(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *text = NULL;
	struct err err;

	write_file(scratch, "f", "", 0);
	assert_ok(fd_write_kernel(scratch->fd, "f", "1 2\n", &err), &err);
	assert_ok(fd_load_at(scratch->fd, "f", 10, &text, NULL, &err), &err);
	assert_string_equal(text, "1 2\n");
}

static void what_the_kernel_refuses_is_quoted_on_one_line(void **state)
{
	struct err err;

	(void)state;
	assert_fails(fd_write_kernel(AT_FDCWD, "/dev/full", "0 0 1\n", &err), &err, ENOSPC,
		     "write \"0 0 1\\x0a\" to \"/dev/full\": No space left on device");
	assert_fails(fd_write_kernel(AT_FDCWD, "/nowhere/x", "1", &err), &err, ENOENT,
		     "open \"/nowhere/x\": No such file or directory");
}

static void a_file_is_replaced_at_once(void **state)
{
	const struct scratch *scratch = *state;
	struct err err;

	for (int sync = 0; sync < 2; sync++) {
		auto_free char *text = NULL;
		auto_fd int old = -1;
		char was[4] = "";
		struct stat st;

		write_file(scratch, "f", "old", 3);
		old = openat(scratch->fd, "f", O_RDONLY | O_CLOEXEC);
		assert_ok(fd_replace_file(scratch->fd, "f", "new one", 7, 0640, sync, &err), &err);
		assert_ok(fd_load_at(scratch->fd, "f", 100, &text, NULL, &err), &err);
		assert_string_equal(text, "new one");
		assert_int_equal(fstatat(scratch->fd, "f", &st, 0), 0);
		assert_int_equal(st.st_mode & 0777, 0640);
		/* Who has the old one open keeps it whole. */
		assert_int_equal(read(old, was, 3), 3);
		assert_string_equal(was, "old");
		assert_false(scratch_has(scratch, "f.new"));
	}
}

static void a_leftover_of_a_killed_writer_is_no_obstacle(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *text = NULL;
	struct err err;

	write_file(scratch, "f.new", "half a longer text", 18);
	assert_ok(fd_replace_file(scratch->fd, "f", "x", 1, 0644, 0, &err), &err);
	assert_ok(fd_load_at(scratch->fd, "f", 100, &text, NULL, &err), &err);
	assert_string_equal(text, "x");
}

static void what_is_planted_at_the_temporary_name_is_not_opened(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *text = NULL, *kept = NULL;
	struct err err;

	/* A fifo without a reader would hold the writer for ever. */
	assert_int_equal(mkfifoat(scratch->fd, "f.new", 0600), 0);
	assert_ok(fd_replace_file(scratch->fd, "f", "x", 1, 0644, 0, &err), &err);
	write_file(scratch, "precious", "kept", 4);
	assert_int_equal(linkat(scratch->fd, "precious", scratch->fd, "f.new", 0), 0);
	assert_ok(fd_replace_file(scratch->fd, "f", "y", 1, 0644, 0, &err), &err);
	assert_int_equal(symlinkat("precious", scratch->fd, "f.new"), 0);
	assert_ok(fd_replace_file(scratch->fd, "f", "z", 1, 0644, 0, &err), &err);
	assert_ok(fd_load_at(scratch->fd, "f", 100, &text, NULL, &err), &err);
	assert_string_equal(text, "z");
	assert_ok(fd_load_at(scratch->fd, "precious", 100, &kept, NULL, &err), &err);
	assert_string_equal(kept, "kept");
	assert_int_equal(mkdirat(scratch->fd, "f.new", 0755), 0);
	assert_fails(fd_replace_file(scratch->fd, "f", "x", 1, 0644, 0, &err), &err, EISDIR,
		     "remove \"f.new\", which is in the way: Is a directory");
}

static void nothing_lies_in_the_way_of_a_name_that_is_drawn(void **state)
{
	const struct scratch *scratch = *state;
	auto_dir DIR *dir = opendir(scratch->path);
	auto_free char *text = NULL;
	struct dirent *entry;
	struct err err;

	assert_int_equal(mkdirat(scratch->fd, "f.new", 0755), 0);
	assert_int_equal(mkfifoat(scratch->fd, "f", 0600), 0);
	assert_ok(fd_replace_untrusted(scratch->fd, "f", "x", 1, 0644, &err), &err);
	assert_ok(fd_load_at(scratch->fd, "f", 100, &text, NULL, &err), &err);
	assert_string_equal(text, "x");
	assert_int_equal(mkdirat(scratch->fd, "d", 0755), 0);
	assert_int_equal(fd_replace_untrusted(scratch->fd, "d", "x", 1, 0644, &err), -1);
	assert_int_equal(err.code, EISDIR);
	rewinddir(dir);
	while ((entry = readdir(dir)))
		assert_int_not_equal(strncmp(entry->d_name, ".new.", 5), 0);
}

static void a_replacement_that_fails_leaves_the_old_file(void **state)
{
	const struct scratch *scratch = *state;
	struct err err;
	char name[300];

	assert_int_equal(mkdirat(scratch->fd, "d", 0755), 0);
	assert_fails(fd_replace_file(scratch->fd, "d", "x", 1, 0644, 0, &err), &err, EISDIR,
		     "rename \"d.new\" to \"d\": Is a directory");
	assert_false(scratch_has(scratch, "d.new"));
	memset(name, 'n', sizeof(name));
	name[252] = '\0';
	assert_int_equal(fd_replace_file(scratch->fd, name, "x", 1, 0644, 0, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
}

/* In a child, for the test's own fds are cmocka's business. */
static void fds_are_marked_from_the_first_on(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		int bad = dup2(0, 10) < 0 || dup2(0, 20) < 0 || dup2(0, 500) < 0 ||
			  fd_cloexec_from(20, NULL) < 0 || fcntl(10, F_GETFD) != 0 ||
			  fcntl(20, F_GETFD) != FD_CLOEXEC || fcntl(500, F_GETFD) != FD_CLOEXEC;

		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void fds_are_closed_but_those_to_keep(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		int keep[] = { 40, -1, 5, 22, 21, 22 };
		int bad = dup2(0, 10) < 0 || dup2(0, 20) < 0 || dup2(0, 21) < 0 ||
			  dup2(0, 22) < 0 || dup2(0, 23) < 0 || dup2(0, 40) < 0 ||
			  dup2(0, 41) < 0 || fd_close_others(20, keep, ARRAY_SIZE(keep), NULL);

		bad = bad || fcntl(10, F_GETFD) < 0 || fcntl(21, F_GETFD) < 0 ||
		      fcntl(22, F_GETFD) < 0 || fcntl(40, F_GETFD) < 0;
		bad = bad || fcntl(20, F_GETFD) >= 0 || fcntl(23, F_GETFD) >= 0 ||
		      fcntl(41, F_GETFD) >= 0;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_folder_that_can_not_be_written_is_told(void **state)
{
	auto_fd int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err;

	(void)state;
	assert_int_equal(fd_replace_file(proc, "x", "y", 1, 0644, 0, &err), -1);
	assert_memory_equal(err.msg, "create \"x.new\": ", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_fd_is_unset),
		cmocka_unit_test(a_stolen_fd_stays_open),
		cmocka_unit_test(an_fds_path_names_it),
		cmocka_unit_test(pipes_are_read_and_written_whole),
		scratch_test(errors_of_reading_and_writing_are_told),
		cmocka_unit_test(a_signal_does_not_cut_a_read),
		scratch_test(a_file_is_read_with_a_nul_behind_it),
		scratch_test(files_of_every_size_up_to_the_limit_are_read),
		cmocka_unit_test(files_of_proc_are_read),
		scratch_test(a_missing_file_is_named),
		scratch_test(a_kernel_file_is_written_in_one_piece),
		cmocka_unit_test(what_the_kernel_refuses_is_quoted_on_one_line),
		scratch_test(a_file_is_replaced_at_once),
		scratch_test(a_leftover_of_a_killed_writer_is_no_obstacle),
		scratch_test(what_is_planted_at_the_temporary_name_is_not_opened),
		scratch_test(nothing_lies_in_the_way_of_a_name_that_is_drawn),
		scratch_test(a_replacement_that_fails_leaves_the_old_file),
		cmocka_unit_test(a_folder_that_can_not_be_written_is_told),
		cmocka_unit_test(fds_are_closed_but_those_to_keep),
		cmocka_unit_test(fds_are_marked_from_the_first_on),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
