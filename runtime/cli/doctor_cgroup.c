/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup v2: where it is, which controllers it has, and who has the others. */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"

/* Those without which a limit of a CT that is often set is refused. */
static bool is_needed(const char *controller)
{
	return str_eq(controller, "cpu") || str_eq(controller, "cpuset") ||
	       str_eq(controller, "io") || str_eq(controller, "memory") ||
	       str_eq(controller, "pids");
}

static void see_controller(struct doctor *doctor, const char *name)
{
	const char *why = cgroup_why_missing(name);
	bool by_v1 = strstr(why, "v1"), off = strstr(why, "command line");
	auto_free char *mend = NULL;

	if (by_v1)
		mend = str_dupf("boot with \"systemd.unified_cgroup_hierarchy=1 "
				"cgroup_no_v1=all\"");
	else if (off)
		mend = str_dupf("take cgroup_disable=%s off the kernel's command line", name);
	doctor_say(doctor, is_needed(name) ? DOCTOR_WARNING : DOCTOR_OK, "cgroup",
		   is_needed(name) ? mend : NULL, "no controller %s: %s", name, why);
}

void doctor_cgroup(struct doctor *doctor)
{
	auto_strbuf struct strbuf there = { 0 };
	auto_fd int host = -1;
	char point[PATH_MAX], have[512];
	struct err why = { 0 };
	const char *name;

	host = cgroup_open_host(&why);
	if (host < 0 || cgroup_mount_point(point, &why) < 0) {
		doctor_say(doctor, DOCTOR_PROBLEM, "cgroup",
			   "mount -t cgroup2 cgroup2 /sys/fs/cgroup", "%s", why.msg);
		return;
	}
	if (cgroup_file_read(host, "cgroup.controllers", have, sizeof(have)) < 0)
		have[0] = '\0';
	for (unsigned int i = 0; (name = cgroup_controller_name(i)); i++)
		if (cgroup_controllers_parse(have) & (1U << i))
			strbuf_addf(&there, " %s", name);
	if (there.failed)
		doctor->failed = true;
	doctor_say(doctor, DOCTOR_OK, "cgroup", NULL, "cgroup v2 at %s, with%s", point,
		   there.len ? there.text : " no controller");
	for (unsigned int i = 0; (name = cgroup_controller_name(i)); i++)
		if (!(cgroup_controllers_parse(have) & (1U << i)))
			see_controller(doctor, name);
}
