/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/seccomp.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "runtime/base/mem.h"
#include "runtime/kernel/seccomp_cache.h"
#include "runtime/kernel/seccomp_compile.h"

/* Linux 5.19; Debian 12's headers are newer, older distributions' are not. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static bool notifies(const struct spec_seccomp *sec)
{
	if (sec->default_action == SECCOMP_DO_NOTIFY)
		return true;
	for (size_t i = 0; i < sec->rules_n; i++)
		if (sec->rules[i].action == SECCOMP_DO_NOTIFY)
			return true;
	return false;
}

/* WAIT_KILLABLE_RECV is about the listener: the kernel refuses it without one. TSYNC is about
 * other threads, of which the container's process has none. */
static unsigned int flags_of(const struct spec_seccomp *sec, bool notify)
{
	const struct json *given = sec->json ? json_get(sec->json, "flags") : NULL;
	unsigned int flags = 0;

	if (!given || given->type == JSON_NULL)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (sec->flag_log)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (sec->flag_spec_allow)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (sec->flag_wait_killable_recv && notify)
		flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return flags;
}

int seccomp_prepare(const struct spec_seccomp *sec, const char *cache_dir,
		    struct seccomp_program *ret, struct err *err)
{
	struct seccomp_program program = {
		.notify = notifies(sec),
		.listener_path = sec->listener_path,
		.listener_metadata = sec->listener_metadata,
	};
	auto_strbuf struct strbuf key = { 0 };

	program.flags = flags_of(sec, program.notify);
	if (cache_dir) {
		seccomp_cache_key(sec, &key);
		if (seccomp_cache_load(cache_dir, &key, &program.memory, &program.filter,
				       &program.len)) {
			*ret = program;
			return 0;
		}
	}
	if (seccomp_compile(sec, &program.filter, &program.len, err) < 0)
		return -1;
	program.memory = program.filter;
	if (cache_dir)
		seccomp_cache_store(cache_dir, &key, program.filter, program.len);
	*ret = program;
	return 0;
}

void seccomp_done(struct seccomp_program *program)
{
	mem_free_ptr(&program->memory);
	*program = (struct seccomp_program){ 0 };
}

size_t seccomp_plan_bytes(const struct seccomp_program *program)
{
	return program->len * sizeof(*program->filter) + sizeof(struct sock_fprog);
}

void seccomp_plan(const struct seccomp_program *program, struct entry *entry)
{
	struct sock_fprog fprog = { .len = program->len };
	const void *at;

	fprog.filter = entry_data(entry, program->filter, program->len * sizeof(*program->filter));
	at = entry_data(entry, &fprog, sizeof(fprog));
	entry_add(entry, ENTRY_SECCOMP, 0, SYS_seccomp, SECCOMP_SET_MODE_FILTER, program->flags,
		  ENTRY_PTR(at), 0, 0, 0);
}
