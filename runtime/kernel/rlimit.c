/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/rlimit.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "runtime/spec/names.h"

static const char *name_of(int resource)
{
	for (size_t i = 0; i < names_rlimits.n; i++)
		if (names_rlimits.rows[i].value == (uint32_t)resource)
			return names_rlimits.rows[i].name;
	return "a resource limit";
}

static int apply_one(pid_t pid, const struct spec_rlimit *limit, struct err *err)
{
	struct rlimit64 value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };

	if (prlimit64(pid, (enum __rlimit_resource)limit->resource, &value, NULL) == 0)
		return 0;
	err_sys(err, "set %s to %" PRIu64 ":%" PRIu64, name_of(limit->resource), limit->soft,
		limit->hard);
	if (errno == EPERM)
		err_hint(err, "a hard limit can be raised only with CAP_SYS_RESOURCE");
	return -1;
}

int rlimit_apply(pid_t pid, const struct spec_process *process, struct err *err)
{
	for (size_t i = 0; i < process->rlimits_n; i++)
		if (apply_one(pid, &process->rlimits[i], err) < 0)
			return -1;
	return 0;
}

void rlimit_plan(const struct spec_process *process, struct entry *entry)
{
	for (size_t i = 0; i < process->rlimits_n; i++) {
		struct rlimit64 value = {
			.rlim_cur = process->rlimits[i].soft,
			.rlim_max = process->rlimits[i].hard,
		};

		entry_add(entry, ENTRY_RLIMIT, 0, SYS_prlimit64, 0,
			  (uint64_t)process->rlimits[i].resource,
			  ENTRY_PTR(entry_data(entry, &value, sizeof(value))), 0, 0, 0);
	}
}
