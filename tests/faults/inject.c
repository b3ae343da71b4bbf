/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command and makes one of its creating system calls (calls.h), or one of its children's,
 * fail; or kills the command there. By ptrace, since the programs under test are nearly static.
 *
 *	inject [-o FILE] --list CMD...               lists the calls, one "K P.N name(arguments)" a line
 *	inject [-o FILE] --nth WHERE [--errno E] CMD...  fails one, tells which
 *	inject [-o FILE] --kill-at WHERE CMD...      kills CMD's own process before one, tells which
 *	inject [-o FILE] --count CMD...              counts all system calls
 *
 * WHERE is K, the call's place in the whole tree (which may vary with scheduling), or P.N, the N-th
 * call of the P-th process (which varies less). What was found is written to FILE; a list or count
 * without -o goes to stdout. Afterwards everything goes on; when CMD itself ends, its surviving
 * children are let go untraced and inject ends with CMD's status (128 + the signal; 125: own fault).
 *
 * A process that executes a program of a container's (its root is another than ours) is let go: how
 * far it gets before CMD ends is chance, and its calls are not CMD's.
 */
#include "tests/faults/calls.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "how a call is skipped is written for x86-64 only"
#endif

enum {
	OWN_FAULT = 125,
	TRACEES_MAX = 1024,
};

enum mode {
	MODE_NONE,
	MODE_LIST,
	MODE_FAIL,
	MODE_KILL,
	MODE_COUNT,
};

struct tracee {
	pid_t pid; /* 0: the row is free */
	int process;
	int calls;
	bool failing;  /* between entry and exit of the call that is made to fail */
	bool foreign;  /* has become a container's program */
	bool restarts; /* the kernel is about to make the last call again by itself */
	uint64_t last_nr, last_ip;
};

struct inject {
	enum mode mode;
	int process, nth; /* WHERE; process 0: counted over all */
	int error;
	FILE *out;

	pid_t main;
	bool begun;     /* main has become the command */
	bool releasing; /* main has ended */
	bool done;      /* the one call was found */
	int calls;      /* creating ones so far */
	unsigned long all_calls;
	int processes;
	struct tracee tracees[TRACEES_MAX];
};

static struct tracee *tracee_find(struct inject *in, pid_t pid)
{
	for (int i = 0; i < TRACEES_MAX; i++) {
		if (in->tracees[i].pid == pid)
			return &in->tracees[i];
	}
	return NULL;
}

/* A child may report before its parent's clone does. */
static struct tracee *tracee_get(struct inject *in, pid_t pid)
{
	struct tracee *t = tracee_find(in, pid);

	if (t)
		return t;
	t = tracee_find(in, 0);
	if (!t)
		errx(OWN_FAULT, "more than %d processes at once", TRACEES_MAX);
	*t = (struct tracee){ .pid = pid, .process = ++in->processes };
	return t;
}

/* A tracee that was killed meanwhile is reaped by the main loop, so ESRCH is no fault. */
static void tracee_resume(const struct tracee *t, int request, int sig)
{
	if (ptrace(request, t->pid, 0, sig) < 0 && errno != ESRCH)
		err(OWN_FAULT, "resume process %d", t->pid);
}

static void register_set(const struct tracee *t, size_t offset, long value)
{
	if (ptrace(PTRACE_POKEUSER, t->pid, offset, value) < 0 && errno != ESRCH)
		err(OWN_FAULT, "set a register of process %d", t->pid);
}

#define REGISTER(name) offsetof(struct user, regs.name)

static bool where_matches(const struct inject *in, const struct tracee *t)
{
	if (in->done)
		return false;
	if (in->process)
		return t->process == in->process && t->calls == in->nth;
	return in->calls == in->nth;
}

static void call_report(const struct inject *in, const struct tracee *t, const struct call *call)
{
	char text[1024];

	if (!in->out)
		return;
	call_describe(call, text, sizeof(text));
	fprintf(in->out, "%d %d.%d %s\n", in->calls, t->process, t->calls, text);
}

static void call_spoil(struct inject *in, struct tracee *t)
{
	in->done = true;
	if (in->mode == MODE_KILL) {
		kill(in->main, SIGKILL);
		return;
	}
	register_set(t, REGISTER(orig_rax), -1);
	t->failing = true;
}

static void call_enter(struct inject *in, struct tracee *t,
		       const struct __ptrace_syscall_info *info)
{
	struct call call = { .pid = t->pid, .nr = info->entry.nr };
	uint64_t args[6];

	in->all_calls++;
	if (in->mode == MODE_COUNT || info->arch != AUDIT_ARCH_X86_64)
		return;
	for (int i = 0; i < 6; i++)
		args[i] = info->entry.args[i];
	call.args = args;
	if (!call_creates(&call))
		return;
	in->calls++;
	t->calls++;
	if (in->mode == MODE_LIST) {
		call_report(in, t, &call);
	} else if (where_matches(in, t)) {
		call_report(in, t, &call);
		call_spoil(in, t);
	}
}

/* Of calls that wait for a lock (a write to a network's sysctl) how often the kernel goes back and
 * enters them again depends on what else runs on the machine: it is one call. The numbers are
 * linux/errno.h's, which no program sees. */
static void note_restart(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	enum { FIRST_ERESTART = 512, LAST_ERESTART = 516 };

	t->restarts = info->exit.rval <= -FIRST_ERESTART && info->exit.rval >= -LAST_ERESTART;
}

static bool is_restart(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	bool same = t->restarts && info->entry.nr == t->last_nr &&
		    info->instruction_pointer == t->last_ip;

	t->restarts = false;
	t->last_nr = info->entry.nr;
	t->last_ip = info->instruction_pointer;
	return same;
}

static void syscall_stop(struct inject *in, struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		note_restart(t, &info);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && in->begun && !is_restart(t, &info)) {
		call_enter(in, t, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->failing) {
		register_set(t, REGISTER(rax), -in->error);
		t->failing = false;
	}
}

/* The last steps before a container's program run in its root too, but in an image of vzrun's own
 * (runtime/kernel/entry.h). */
static bool executes_foreign(const struct tracee *t)
{
	struct stat ours, theirs;
	char path[64], exe[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/root", t->pid);
	if (stat("/", &ours) < 0 || stat(path, &theirs) < 0)
		return false;
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/exe", t->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n < 0 ? 0 : n] = '\0';
	return strncmp(exe, "/memfd:", strlen("/memfd:")) != 0;
}

/* Looks at a stop and tells with which signal the process goes on. */
static int stop_handle(struct inject *in, struct tracee *t, int status)
{
	const int event = status >> 16, sig = WSTOPSIG(status);
	unsigned long child;

	switch (event) {
	case 0:
		if (sig != (SIGTRAP | 0x80))
			return sig;
		syscall_stop(in, t);
		return 0;
	case PTRACE_EVENT_EXEC:
		in->begun |= t->pid == in->main;
		t->foreign = executes_foreign(t);
		return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (!ptrace(PTRACE_GETEVENTMSG, t->pid, 0, &child))
			tracee_get(in, (pid_t)child);
		return 0;
	default:
		return 0;
	}
}

static void stop_end(struct inject *in, struct tracee *t, int status, int sig)
{
	const bool group_stop = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;

	if ((in->releasing || t->foreign) && !t->failing) {
		tracee_resume(t, PTRACE_DETACH, sig);
		t->pid = 0;
		return;
	}
	tracee_resume(t, group_stop ? PTRACE_LISTEN : PTRACE_SYSCALL, sig);
}

/* From here on each process is let go at its next stop; this brings that about. */
static void release_begin(struct inject *in)
{
	in->releasing = true;
	for (int i = 0; i < TRACEES_MAX; i++) {
		if (in->tracees[i].pid)
			ptrace(PTRACE_INTERRUPT, in->tracees[i].pid, 0, 0);
	}
}

/* Returns the command's own wait status, when it has ended and nothing is traced any more. */
static int trace(struct inject *in)
{
	int status, ret = 0;
	struct tracee *t;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		t = tracee_get(in, pid);
		if (WIFSTOPPED(status)) {
			stop_end(in, t, status, stop_handle(in, t, status));
			continue;
		}
		t->pid = 0;
		if (pid == in->main) {
			ret = status;
			release_begin(in);
		}
	}
	return ret;
}

/* Waits until it is traced, then becomes the command. */
static _Noreturn void command_exec(int go, char **argv)
{
	char byte;

	if (read(go, &byte, 1) < 0)
		err(OWN_FAULT, "wait for the tracer");
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static void command_start(struct inject *in, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		err(OWN_FAULT, "pipe");
	in->main = fork();
	if (in->main < 0)
		err(OWN_FAULT, "fork");
	if (!in->main) {
		close(go[1]);
		command_exec(go[0], argv);
	}
	close(go[0]);
	tracee_get(in, in->main);
	if (ptrace(PTRACE_SEIZE, in->main, 0, options) < 0 ||
	    ptrace(PTRACE_INTERRUPT, in->main, 0, 0) < 0)
		err(OWN_FAULT, "trace process %d", in->main);
	close(go[1]);
}

static int number_parse(const char *text, const char *end_wanted, const char **ret_end)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || n < 1 || n > 1000000 || !strchr(end_wanted, *end))
		errx(OWN_FAULT, "\"%s\" is neither K nor P.N", text);
	*ret_end = end;
	return (int)n;
}

static void where_parse(struct inject *in, const char *text)
{
	const char *end;

	in->nth = number_parse(text, ".", &end);
	if (*end) {
		in->process = in->nth;
		in->nth = number_parse(end + 1, "", &end);
	}
}

static int error_parse(const char *name)
{
	for (int e = 1; e < 200; e++) {
		const char *known = strerrorname_np(e);

		if (known && !strcmp(known, name))
			return e;
	}
	errx(OWN_FAULT, "\"%s\" is no error's name", name);
}

static _Noreturn void usage(void)
{
	errx(OWN_FAULT, "usage: inject [-o FILE] {--list | --count | --kill-at WHERE |"
			" --nth WHERE [--errno NAME]} COMMAND...");
}

static void output_open(struct inject *in, const char *path)
{
	in->out = fopen(path, "we");
	if (!in->out)
		err(OWN_FAULT, "%s", path);
}

static char **options_parse(struct inject *in, int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "count", no_argument, NULL, 'c' },
		{ "nth", required_argument, NULL, 'n' },
		{ "kill-at", required_argument, NULL, 'k' },
		{ "errno", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "+o:", options, NULL)) >= 0) {
		switch (opt) {
		case 'o':
			output_open(in, optarg);
			break;
		case 'l':
			in->mode = MODE_LIST;
			break;
		case 'c':
			in->mode = MODE_COUNT;
			break;
		case 'n':
			in->mode = MODE_FAIL;
			where_parse(in, optarg);
			break;
		case 'k':
			in->mode = MODE_KILL;
			where_parse(in, optarg);
			break;
		case 'e':
			in->error = error_parse(optarg);
			break;
		default:
			usage();
		}
	}
	if (!in->mode || optind == argc)
		usage();
	if (!in->out && (in->mode == MODE_LIST || in->mode == MODE_COUNT))
		in->out = stdout;
	return argv + optind;
}

int main(int argc, char **argv)
{
	static struct inject in = { .error = ENOMEM };
	char **command = options_parse(&in, argc, argv);
	int status;

	command_start(&in, command);
	status = trace(&in);
	if (in.mode == MODE_COUNT)
		fprintf(in.out, "%lu\n", in.all_calls);
	if (in.out && (fflush(in.out) || ferror(in.out)))
		err(OWN_FAULT, "write");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
