/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzpid: which CT is a process in? By its cgroup, which nothing inside a CT can leave; a number in
 * its path is only the hint which CT's cgroup to compare it with.
 */
#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/face.h"
#include "runtime/cli/output.h"
#include "runtime/cli/run.h"
#include "runtime/ct/ctid.h"

#define STDIN_MAX_BYTES (1U << 20)

struct vzpid {
	struct cli cli;
	bool inside; /* -p: the pid that it has inside, too */
	struct strbuf out;
};

static void usage(int to)
{
	dprintf(to, "Usage: vzpid [-p] <pid> ...\n       vzpid [-p] -\n");
}

/* A file of /proc/PID; NULL: the process is gone. */
static char *load(pid_t pid, const char *name)
{
	auto_free char *path = str_dupf("/proc/%d/%s", pid, name);
	char *text = NULL;

	if (!path || fd_load_at(AT_FDCWD, path, 65536, &text, NULL, NULL) < 0)
		return NULL;
	return text;
}

/* Where the value of "\nKEY:\t" begins in /proc/PID/status, up to the end of its line. */
static char *status_value(char *status, const char *key)
{
	char *at = strstr(status, key);

	at = at ? at + strlen(key) : NULL;
	return at ? at + strspn(at, " \t") : NULL;
}

static bool is_below(const char *path, const char *cgroup)
{
	size_t len = strlen(cgroup);

	return len > 0 && strncmp(path, cgroup, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* Is the process in the cgroup of the CT with this number? */
static bool is_in(struct vzpid *v, const char *path, const char *id)
{
	auto_container_state struct container_state *state = NULL;
	struct err err;

	return container_load(&v->cli.set, id, &state, &err) == 0 && is_below(path, state->cgroup);
}

/* The CTID into `ret`, "0" for what is the host's. Tries each number in the path. */
static void find_ct(struct vzpid *v, const char *path, char ret[CTID_SIZE])
{
	uint32_t ctid;

	for (const char *at = path; *at; at += strspn(at, "0123456789")) {
		size_t len;

		at += strcspn(at, "0123456789");
		len = strspn(at, "0123456789");
		if (len == 0 || len >= CTID_SIZE)
			continue;
		snprintf(ret, CTID_SIZE, "%.*s", (int)len, at);
		if (ctid_parse(ret, &ctid) && is_in(v, path, ret))
			return;
	}
	strcpy(ret, "0");
}

/* The line of cgroup v2, "0::/PATH"; to its end. */
static char *cgroup_path(char *text)
{
	char *at = str_starts(text, "0::") ? text : strstr(text, "\n0::");

	at = at ? strchr(at, '/') : NULL;
	if (at)
		at[strcspn(at, "\n")] = '\0';
	return at;
}

/* Of "NSpid:\t123\t45": the one behind the first, which is ours. A process of the host has one. */
static int inner_pid(const char *nspid, int pid)
{
	int outer, inner;

	return sscanf(nspid, "%d\t%d", &outer, &inner) == 2 ? inner : pid;
}

static void show(struct vzpid *v, pid_t pid)
{
	auto_free char *status = load(pid, "status"), *cgroup = load(pid, "cgroup");
	char *name = status ? status_value(status, "Name:") : NULL;
	char *nspid = status ? status_value(status, "\nNSpid:") : NULL;
	const char *path = cgroup ? cgroup_path(cgroup) : NULL;
	char id[CTID_SIZE] = "0";

	if (!name || !nspid)
		return;
	if (path)
		find_ct(v, path, id);
	strbuf_addf(&v->out, "%d\t", pid);
	if (v->inside)
		strbuf_addf(&v->out, "%d\t", inner_pid(nspid, pid));
	strbuf_addf(&v->out, "%s\t", id);
	str_add_clean(&v->out, name, strcspn(name, " \t\n"));
	strbuf_add_char(&v->out, '\n');
}

/* What is no pid, or no longer one, has no line. */
static int show_all(struct vzpid *v, char *const *pids, struct err *err)
{
	int64_t pid;

	strbuf_add(&v->out, v->inside ? "Pid\tCT/Pid\tCTID\tName\n" : "Pid\tCTID\tName\n");
	for (; *pids; pids++)
		if (num_parse(*pids, "", 1, INT32_MAX, &pid, NULL) == 0)
			show(v, (pid_t)pid);
	return output_write(&v->out, err);
}

static int show_stdin(struct vzpid *v, struct err *err)
{
	auto_strv char **words = NULL;
	auto_free char *text = NULL;

	if (fd_read_file(STDIN_FILENO, "stdin", STDIN_MAX_BYTES, &text, NULL, err) < 0)
		return -1;
	words = strv_split(text, " \t\n\v\f\r");
	return words ? show_all(v, words, err) : err_sys(err, "read stdin");
}

int face_vzpid(int argc, char **argv)
{
	struct vzpid v = { 0 };
	struct err err = { 0 };
	char **pids = argv + 1;
	int rc;

	if (argc > 1 && str_eq(*pids, "-p")) {
		v.inside = true;
		pids++;
	}
	if (argc < 1 || !*pids) {
		usage(STDERR_FILENO);
		return 1;
	}
	if (str_eq(*pids, "-h") && !pids[1]) {
		usage(STDOUT_FILENO);
		return 0;
	}
	rc = run_set_globals(&v.cli, &err);
	if (rc == 0)
		rc = str_eq(*pids, "-") && !pids[1] ? show_stdin(&v, &err) :
						      show_all(&v, pids, &err);
	if (rc < 0)
		dprintf(STDERR_FILENO, "%s\n", err.msg);
	strbuf_done(&v.out);
	run_done(&v.cli);
	return rc < 0;
}
