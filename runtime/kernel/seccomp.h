/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: the system call filter of a spec, ready for seccomp(2).
 *
 * libseccomp takes about 10 ms to compile the profile of a container engine, loading the result
 * takes 0.2 ms: compiled programs are kept in a folder (seccomp_cache.h) and compiled again only
 * when they are not there. Loading needs no_new_privs or CAP_SYS_ADMIN: with no_new_privs it
 * comes last before execve, otherwise before the ids and capabilities change, and then the
 * filter must allow setgroups, setresgid, setresuid, capset and prctl.
 *
 * Sources: seccomp(2), runtime-spec config-linux.md "Seccomp". As runc does: names that
 * libseccomp does not know are ignored; a system call newer than every name of the profile
 * fails with ENOSYS rather than with the default action where that one denies, since programs
 * take ENOSYS for "not there" and fall back; SPEC_ALLOW is set where the spec has no `flags`.
 */
#ifndef RUNTIME_KERNEL_SECCOMP_H
#define RUNTIME_KERNEL_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/kernel/entry.h"
#include "runtime/spec/spec.h"

#define SECCOMP_CACHE_DIR LOCALSTATEDIR "/cache/vzrun/seccomp"

struct seccomp_program {
	struct sock_filter *filter;
	unsigned short len; /* instructions, at most BPF_MAXINSNS */
	unsigned int flags; /* SECCOMP_FILTER_FLAG_…, without NEW_LISTENER */
	bool notify;        /* an action is SCMP_ACT_NOTIFY: load it with seccomp_install_notify */
	const char *listener_path, *listener_metadata; /* the spec's; the second may be NULL */
	void *memory;                                  /* what filter lies in */
};

/* Finds or compiles the program of a given section. cache_dir NULL: no cache. Errors: a section
 * that libseccomp refuses, a program too large for the kernel (E2BIG). A cache that can't be
 * read or written is no error. Every flag of the spec is older than the oldest kernel that we
 * run on; one that a kernel refuses all the same fails when the program is loaded (EINVAL). */
int seccomp_prepare(const struct spec_seccomp *sec, const char *cache_dir,
		    struct seccomp_program *ret, struct err *err);
void seccomp_done(struct seccomp_program *program);
#define auto_seccomp __attribute__((cleanup(seccomp_done)))

/* The size of what seccomp_plan puts into the block. */
size_t seccomp_plan_bytes(const struct seccomp_program *program);

/* Adds the call that loads it, for a program without notify. */
void seccomp_plan(const struct seccomp_program *program, struct entry *entry);

/* Connects to the agent at listener_path (a host path: before the root changes). -1: err. */
int seccomp_connect_agent(const struct seccomp_program *program, struct err *err);

/* The container process state that the agent gets (config-linux.md, "The Container Process
 * State"): pid as the runtime sees it, state as container_state_emit writes it. */
void seccomp_agent_message(const struct seccomp_program *program, pid_t pid, const char *state_json,
			   struct strbuf *sb);

/* Loads a program with notify into the calling thread and sends its listener with the message
 * to the agent. The calling thread makes no system call between loading and returning, so the
 * filter may deny or notify any. Closes `agent`; the listener is closed too once it is sent.
 * An error after loading (the agent did not take it within 10 s) leaves the filter loaded. */
int seccomp_install_notify(const struct seccomp_program *program, int agent, const char *message,
			   size_t message_len, struct err *err);

#endif
