/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel: its version, system calls, namespaces, modules, and what watches over containers. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"
#include "runtime/ct/lxcfs.h"
#include "runtime/ct/usermap.h"

#define TEXT_MAX (64U << 20)

static void see_version(struct doctor *doctor)
{
	unsigned int major = 0, minor = 0;
	struct utsname uts;

	if (uname(&uts) < 0 || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		doctor_say(doctor, DOCTOR_WARNING, "kernel", NULL, "its version can't be read");
	else if (major < 6 || (major == 6 && minor < 1))
		doctor_say(doctor, DOCTOR_PROBLEM, "kernel", "install Linux 6.1 or later",
			   "Linux %s is older than 6.1", uts.release);
	else
		doctor_say(doctor, DOCTOR_OK, "kernel", NULL, "Linux %s", uts.release);
}

/* ---- system calls: asked with arguments that no kernel takes ---- */

static long ask_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long ask_mount_setattr(void)
{
	return syscall(SYS_mount_setattr, -1, "", 0, NULL, 0);
}

static long ask_openat2(void)
{
	return syscall(SYS_openat2, -1, "", NULL, 0);
}

static long ask_pidfd_open(void)
{
	return syscall(SYS_pidfd_open, -1, 0);
}

static void see_calls(struct doctor *doctor)
{
	static const struct {
		const char *name;
		long (*ask)(void);
	} calls[] = {
		{ "clone3", ask_clone3 },
		{ "mount_setattr", ask_mount_setattr },
		{ "openat2", ask_openat2 },
		{ "pidfd_open", ask_pidfd_open },
	};
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].ask() >= 0 || (errno != ENOSYS && errno != EPERM))
			continue;
		all = false;
		doctor_say(doctor, DOCTOR_PROBLEM, "calls",
			   "run vzrun outside of the container or sandbox that filters it",
			   "%s(2) can't be used: %s", calls[i].name, strerror(errno));
	}
	if (all)
		doctor_say(doctor, DOCTOR_OK, "calls", NULL,
			   "clone3, mount_setattr, openat2, pidfd_open");
}

/* ---- namespaces ---- */

static void see_namespaces(struct doctor *doctor)
{
	static const char names[][8] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };
	bool all = true;
	char path[80];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (access(path, F_OK) == 0)
			continue;
		all = false;
		doctor_say(doctor, DOCTOR_PROBLEM, "namespace",
			   "use a kernel with CONFIG_NAMESPACES and all of its parts",
			   "this kernel has no %s namespaces", names[i]);
	}
	if (all)
		doctor_say(doctor, DOCTOR_OK, "namespace", NULL, "all kinds are there");
}

static void see_user_namespaces(struct doctor *doctor)
{
	auto_free char *text = NULL;
	auto_fd int fd = -1;
	struct err why = { 0 };
	bool none;

	none = fd_load_at(AT_FDCWD, "/proc/sys/user/max_user_namespaces", 64, &text, NULL, NULL) ==
		       0 &&
	       str_eq(text, "0\n");
	fd = usermap_open(65536, &why);
	if (fd >= 0)
		doctor_say(doctor, DOCTOR_OK, "userns", NULL, "user namespaces can be made");
	else
		doctor_say(doctor, DOCTOR_PROBLEM, "userns",
			   none ? "sysctl -w user.max_user_namespaces=65536" : NULL, "%s", why.msg);
}

static void see_seccomp(struct doctor *doctor)
{
	auto_free char *text = NULL;

	if (fd_load_at(AT_FDCWD, "/proc/sys/kernel/seccomp/actions_avail", 1024, &text, NULL,
		       NULL) < 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "seccomp",
			   "use a kernel with CONFIG_SECCOMP_FILTER", "this kernel has no filters");
	else if (!strstr(text, "user_notif"))
		doctor_say(doctor, DOCTOR_PROBLEM, "seccomp", "use a newer kernel",
			   "filters can't ask another process");
	else
		doctor_say(doctor, DOCTOR_OK, "seccomp", NULL,
			   "filters, and asking another process");
}

/* ---- modules ---- */

/* Is there a line of the file, a module's path, that ends in /NAME.ko, .ko.xz or the like? */
static bool lists_module(const char *file, const char *name)
{
	auto_free char *path = NULL, *text = NULL, *wanted = str_dupf("/%s.ko", name);
	struct utsname uts;

	path = uname(&uts) == 0 ? str_dupf("/lib/modules/%s/%s", uts.release, file) : NULL;
	return path && wanted && fd_load_at(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL) == 0 &&
	       strstr(text, wanted);
}

/* Built in, or loaded: one of its functions is in the kernel. */
static bool has_symbol(const char *symbols, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = symbols; symbols && (at = strstr(at, name)); at += len)
		if (at > symbols && at[-1] == ' ' && (at[len] == '\n' || at[len] == '\t'))
			return true;
	return false;
}

static void see_modules(struct doctor *doctor)
{
	static const struct {
		const char *name, *symbol, *what;
		enum doctor_level level;
	} modules[] = {
		{ "overlay", "ovl_init_fs_context", "the layout overlay", DOCTOR_PROBLEM },
		{ "veth", "veth_newlink", "networks of CTs", DOCTOR_PROBLEM },
		{ "nf_tables", "nf_tables_newtable", "anti-spoofing and NAT", DOCTOR_PROBLEM },
		{ "tun", "tun_chr_open", "VPNs in CTs, and KVM", DOCTOR_WARNING },
		{ "bridge", "br_add_if", "bridged NICs", DOCTOR_WARNING },
		{ "br_netfilter", "br_nf_pre_routing", "iptables on a bridge", DOCTOR_WARNING },
	};
	auto_free char *symbols = NULL;

	fd_load_at(AT_FDCWD, "/proc/kallsyms", TEXT_MAX, &symbols, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		const char *name = modules[i].name;
		auto_free char *loaded = str_dupf("/sys/module/%s", name);
		auto_free char *mend = NULL;

		if ((loaded && access(loaded, F_OK) == 0) ||
		    has_symbol(symbols, modules[i].symbol) ||
		    lists_module("modules.builtin", name)) {
			doctor_say(doctor, DOCTOR_OK, "module", NULL, "%s is there", name);
			continue;
		}
		if (lists_module("modules.dep", name)) {
			doctor_say(doctor, DOCTOR_OK, "module", NULL, "%s is loaded on demand",
				   name);
			continue;
		}
		mend = str_dupf("install the kernel's package that has %s.ko, or reboot into the "
				"kernel whose modules are installed",
				name);
		doctor_say(doctor, modules[i].level, "module", mend, "%s is missing: no %s", name,
			   modules[i].what);
	}
}

/* ---- beside the kernel ---- */

static void see_kvm(struct doctor *doctor)
{
	if (access("/dev/kvm", R_OK | W_OK) == 0)
		doctor_say(doctor, DOCTOR_OK, "kvm", NULL, "/dev/kvm is there");
	else
		doctor_say(doctor, DOCTOR_WARNING, "kvm", "modprobe kvm_intel || modprobe kvm_amd",
			   "/dev/kvm: %s: no container can be a virtual machine", strerror(errno));
}

static void see_lxcfs(struct doctor *doctor)
{
	if (lxcfs_find())
		doctor_say(doctor, DOCTOR_OK, "lxcfs", NULL, "lxcfs answers at " LXCFS_DIR);
	else
		doctor_say(doctor, DOCTOR_WARNING, "lxcfs", "apt-get install lxcfs",
			   "lxcfs does not run: /proc in CTs shows the host's memory and CPUs");
}

static void see_apparmor(struct doctor *doctor)
{
	auto_free char *text = NULL;

	if (fd_load_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 64, &text, NULL,
		       NULL) == 0 &&
	    *text == 'Y')
		doctor_say(doctor, DOCTOR_OK, "apparmor", NULL, "AppArmor is on");
	else
		doctor_say(doctor, DOCTOR_WARNING, "apparmor",
			   "boot with \"lsm=...,apparmor\" where the kernel has it",
			   "AppArmor is off: one fence less around containers");
}

/* 2025-01-01: before that no version of this program was. */
#define CLOCK_MIN 1735689600

static void see_clock(struct doctor *doctor)
{
	struct timex timex = { 0 };
	int state = adjtimex(&timex);

	if (timex.time.tv_sec < CLOCK_MIN)
		doctor_say(doctor, DOCTOR_PROBLEM, "clock", "date -s \"YYYY-MM-DD HH:MM\"",
			   "the clock is years behind");
	else if (state == TIME_ERROR || (timex.status & STA_UNSYNC))
		doctor_say(doctor, DOCTOR_WARNING, "clock", "apt-get install systemd-timesyncd",
			   "nobody keeps the clock right, which all CTs share");
	else
		doctor_say(doctor, DOCTOR_OK, "clock", NULL, "the clock is kept right");
}

void doctor_kernel(struct doctor *doctor)
{
	see_version(doctor);
	see_calls(doctor);
	see_namespaces(doctor);
	see_user_namespaces(doctor);
	see_seccomp(doctor);
	see_modules(doctor);
	see_kvm(doctor);
	see_lxcfs(doctor);
	see_apparmor(doctor);
	see_clock(doctor);
}
