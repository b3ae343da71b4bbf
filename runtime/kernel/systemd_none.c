/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the place of systemd.c and systemd_bus.c in a static program, and where there was no libsystemd
 * to build with. */
#include "config.h"

#include "runtime/kernel/systemd.h"

static int not_built(struct err *err)
{
#ifdef SYSTEMD_BY_TWIN
	return err_set(err, ERR_UNSUPPORTED,
		       "the systemd cgroup manager: the program vzrun-shared is missing "
		       "(is vzrun installed completely?)");
#else
	return err_set(err, ERR_UNSUPPORTED,
		       "the systemd cgroup manager: this vzrun was built without libsystemd "
		       "(use --cgroup-manager cgroupfs)");
#endif
}

bool systemd_is_built(void)
{
	return false;
}

int systemd_open(bool user, struct systemd **ret, struct err *err)
{
	(void)user;
	(void)ret;
	return not_built(err);
}

/* Nothing of what follows is ever reached: it takes what systemd_open would return. */

void systemd_close(struct systemd *systemd)
{
	(void)systemd;
}

int systemd_version(struct systemd *systemd, int *ret, struct err *err)
{
	(void)systemd;
	(void)ret;
	return not_built(err);
}

int systemd_start(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		  struct err *err)
{
	(void)systemd;
	(void)unit;
	(void)props;
	return not_built(err);
}

int systemd_stop(struct systemd *systemd, const char *unit, struct err *err)
{
	(void)systemd;
	(void)unit;
	return not_built(err);
}

char *systemd_description(struct systemd *systemd, const char *unit, struct err *err)
{
	(void)systemd;
	(void)unit;
	not_built(err);
	return NULL;
}

char *systemd_cgroup(struct systemd *systemd, const char *unit, struct err *err)
{
	(void)systemd;
	(void)unit;
	not_built(err);
	return NULL;
}

char *systemd_invocation(struct systemd *systemd, const char *unit, struct err *err)
{
	(void)systemd;
	(void)unit;
	not_built(err);
	return NULL;
}

int systemd_set(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct err *err)
{
	return systemd_start(systemd, unit, props, err);
}

int systemd_get(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct systemd_props *ret, struct err *err)
{
	(void)ret;
	return systemd_start(systemd, unit, props, err);
}
