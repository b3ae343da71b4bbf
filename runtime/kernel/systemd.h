/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: units by way of systemd's manager, over D-Bus (org.freedesktop.systemd1(5)).
 *
 * libsystemd is opened when first used; a build without its header, a host without the library or
 * without a systemd to talk to is ERR_UNSUPPORTED. Which properties a unit gets is
 * systemd_props.h's, what it is called systemd_unit.h's business.
 */
#ifndef RUNTIME_KERNEL_SYSTEMD_H
#define RUNTIME_KERNEL_SYSTEMD_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/kernel/systemd_props.h"

/* How long systemd may take for a job (runc's time too). */
#define SYSTEMD_JOB_SEC 30

struct systemd;

/* Is it in this program? Else systemd_open will say why not. */
bool systemd_is_built(void);

/* Connects to the system's manager, or the user's: over its own socket where that may be, otherwise
 * over the bus. */
int systemd_open(bool user, struct systemd **ret, struct err *err);
/* Not for a child of who opened it. */
void systemd_close(struct systemd *systemd);
MEM_DEFINE_CLEANUP(struct systemd, systemd_close)
#define auto_systemd __attribute__((cleanup(systemd_closep)))

/* The version's number ("252"). */
int systemd_version(struct systemd *systemd, int *ret, struct err *err);

/* StartTransientUnit, and waits until the job is done. A failed unit of that name is reset first.
 * ERR_EXISTS: there is one that is not. On failure nothing is left of it. */
int systemd_start(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		  struct err *err);

/* StopUnit, waits until that is done, and forgets that it failed. One that does not exist is
 * fine. */
int systemd_stop(struct systemd *systemd, const char *unit, struct err *err);

/* In fresh memory: what a unit says that it is; the cgroup of a scope; the id of its invocation
 * (systemd.exec(5)) in hexadecimal digits, "" where it is not running. */
char *systemd_description(struct systemd *systemd, const char *unit, struct err *err);
char *systemd_cgroup(struct systemd *systemd, const char *unit, struct err *err);
char *systemd_invocation(struct systemd *systemd, const char *unit, struct err *err);

/* SetUnitProperties until the unit ends, and waits until they hold in the cgroup. All of them are
 * set or, where one is refused, none. */
int systemd_set(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct err *err);

/* Puts what a scope has now for each of the properties (of type t or ay) into *ret. */
int systemd_get(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct systemd_props *ret, struct err *err);

#endif
