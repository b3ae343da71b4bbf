/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/wait.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/ct/exec.h"

/* For the shell inside; a turn takes about 0.2 s. What `seen` looks for is the scripts' program or
 * their name among its arguments: sysvinit's and busybox's rc and rcS, RHEL's rc.sysinit, OpenRC,
 * Debian's startpar. An init that has not begun yet has none either, hence the quiet time; it may
 * become systemd in it. */
static const char script[] =
	"turns=18000\n"
	"turn() { turns=$((turns - 1)); [ $turns -gt 0 ] || exit 1; sleep 0.2 2>/dev/null || sleep 1; }\n"
	"by_systemd() {\n"
	"	while :; do\n"
	"		case $(systemctl is-system-running --wait 2>/dev/null) in\n"
	"		running | degraded) exit 0 ;;\n"
	"		maintenance | stopping) exit 1 ;;\n"
	"		esac\n"
	"		turn\n"
	"	done\n"
	"}\n"
	"seen() {\n"
	"	for p in /proc/[0-9]*; do\n"
	"		tr '\\0' ' ' <$p/cmdline 2>/dev/null\n"
	"		echo\n"
	"	done | grep -Eq '(^|/)(rc|rcS|rc\\.sysinit|openrc|startpar)( |$)'\n"
	"}\n"
	"is_systemd() { read -r name </proc/1/comm && [ \"$name\" = systemd ]; }\n"
	"by_quiet() {\n"
	"	quiet=0\n"
	"	while [ $quiet -lt 5 ]; do\n"
	"		quiet=$((quiet + 1))\n"
	"		! is_systemd || by_systemd\n"
	"		seen && quiet=0\n"
	"		turn\n"
	"	done\n"
	"	exit 0\n"
	"}\n"
	"by_quiet\n";

int wait_booted(const struct ct *ct, struct err *err)
{
	auto_fd int fd = memfd_create("script", MFD_CLOEXEC);
	int status;

	if (fd < 0 || fd_write_all(fd, script, strlen(script)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "wait for the container");
	if (exec_script(ct->vz->set, ct->id, "/bin/sh", fd, &status, err) < 0) {
		err_wrap(err, "wait for the container");
		return vz_fail(err, VZ_WAIT);
	}
	if (status == 0)
		return 0;
	return err_set(err, VZ_ERR(VZ_WAIT), "the container did not come up (it goes on as it is)");
}
