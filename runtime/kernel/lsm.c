/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/lsm.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/procfs.h"

static bool have_apparmor(void)
{
	auto_fd int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char answer = 'N';

	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

/* Its file system is mounted where it is in use (libselinux asks the same). */
static bool have_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static const char *keep(const char *label, const char *member, const char *module,
			bool (*have)(void))
{
	if (!label || !*label || have())
		return label && *label ? label : NULL;
	log_warning("%s: this host does not run %s, ignoring", member, module);
	return NULL;
}

void lsm_find(const struct spec_process *process, const char *mount_label, struct lsm_labels *ret)
{
	ret->apparmor = keep(process->apparmor_profile, "process.apparmorProfile", "AppArmor",
			     have_apparmor);
	ret->selinux =
		keep(process->selinux_label, "process.selinuxLabel", "SELinux", have_selinux);
	ret->mount = keep(mount_label, "linux.mountLabel", "SELinux", have_selinux);
}

/* The file takes the text in one write only. */
static void plan_write(const char *path, const char *text, int procfd, struct entry *entry)
{
	const struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = PROCFS_RESOLVE };
	const void *path_at = entry_data(entry, path, strlen(path) + 1);
	const void *how_at = entry_data(entry, &how, sizeof(how));
	const void *text_at = entry_data(entry, text, strlen(text));

	entry_add(entry, ENTRY_LABEL, 0, SYS_openat2, (uint64_t)procfd, ENTRY_PTR(path_at),
		  ENTRY_PTR(how_at), sizeof(how), 0, 0);
	entry_add(entry, ENTRY_LABEL, 0, SYS_write, ENTRY_RESULT, ENTRY_PTR(text_at), strlen(text),
		  0, 0, 0);
}

void lsm_plan(const struct lsm_labels *labels, int procfd, struct entry *entry)
{
	if (labels->apparmor) {
		auto_free char *text = str_dupf("exec %s", labels->apparmor);

		if (!text)
			entry->failed = 1;
		else
			plan_write("self/attr/apparmor/exec", text, procfd, entry);
	}
	if (labels->selinux)
		plan_write("self/attr/exec", labels->selinux, procfd, entry);
}
