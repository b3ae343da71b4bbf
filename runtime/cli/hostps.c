/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/hostps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"

#define OUTPUT_MAX (64U << 20)
#define NO_SUCH_PROGRAM 127

/* ---- what it printed ---- */

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* The start of field `index` of a line, or NULL. */
static const char *field(const char *line, unsigned int index)
{
	for (;; index--) {
		line += strspn(line, " \t");
		if (*line == '\n' || *line == '\0')
			return NULL;
		if (index == 0)
			return line;
		line += strcspn(line, " \t\n");
	}
}

static bool find_pid_column(const char *heading, unsigned int *ret)
{
	const char *at;

	for (*ret = 0; (at = field(heading, *ret)); ++*ret)
		if (strcspn(at, " \t\n") == 3 && strncmp(at, "PID", 3) == 0)
			return true;
	return false;
}

static void add_line(const char *line, size_t len, struct strbuf *sb)
{
	str_add_clean(sb, line, len);
	strbuf_add_char(sb, '\n');
}

int hostps_filter(const char *text, const pid_t *pids, size_t n, struct strbuf *sb, struct err *err)
{
	size_t len = strcspn(text, "\n");
	unsigned int column;

	if (!find_pid_column(text, &column))
		return err_set(err, ERR_INPUT, "ps: there is no column PID in what it printed");
	add_line(text, len, sb);
	for (text += len; *text == '\n'; text += len) {
		const char *at = field(++text, column);
		pid_t pid = at ? (pid_t)strtol(at, NULL, 10) : 0;

		len = strcspn(text, "\n");
		if (n > 0 && bsearch(&pid, pids, n, sizeof(pid), compare_pids))
			add_line(text, len, sb);
	}
	return 0;
}

/* ---- running it ---- */

static void become_ps(char *const args[], int out)
{
	auto_free char **argv = NULL;
	size_t n = 0;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	while (args[n])
		n++;
	argv = calloc(n + 2, sizeof(*argv));
	if (argv && null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(out, STDERR_FILENO) >= 0) {
		static char name[] = "ps";

		argv[0] = name;
		memcpy(argv + 1, args, n * sizeof(*argv));
		execvp(name, argv);
	}
	_exit(NO_SUCH_PROGRAM);
}

/* Its output, errors and all, in fresh memory, and its exit status. */
static int capture(char *const args[], char **ret, int *ret_status, struct err *err)
{
	auto_free char *text = NULL;
	auto_fd int in = -1, out = -1;
	int fds[2], failed;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, "run ps");
	in = fds[0];
	out = fds[1];
	pid = proc_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(err, "run ps");
	if (pid == 0)
		become_ps(args, out);
	fd_closep(&out);
	failed = fd_read_file(in, "what ps prints", OUTPUT_MAX, &text, NULL, err);
	fd_closep(&in); /* one that is not done yet ends by SIGPIPE */
	*ret_status = proc_wait(pid);
	if (failed)
		return -1;
	*ret = steal_ptr(&text);
	return 0;
}

int hostps_run(char *const args[], pid_t *pids, size_t n, struct strbuf *sb, struct err *err)
{
	auto_free char *text = NULL;
	int status = 0;

	if (capture(args, &text, &status, err) < 0)
		return -1;
	if (status == NO_SUCH_PROGRAM)
		return err_set(err, ERR_NO_PROGRAM, "ps is not to be found (install procps)");
	if (status != 0)
		return err_set(err, ERR_INPUT, "ps: exit status %d: %.*s", status,
			       (int)strcspn(text, "\n"), text);
	if (n > 0)
		qsort(pids, n, sizeof(*pids), compare_pids);
	return hostps_filter(text, pids, n, sb, err);
}
