/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/systemd_bus.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"

#define LIBRARY "libsystemd.so.0"

struct systemd_lib systemd_lib;

static int load_library(struct err *err)
{
	static const struct {
		const char *name;
		size_t offset;
	} functions[] = {
#define ROW(name) { #name, offsetof(struct systemd_lib, name) },
		SYSTEMD_FUNCTIONS(ROW)
#undef ROW
	};
	void *handle;

	if (systemd_lib.handle)
		return 0;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		err_set(err, ERR_UNSUPPORTED, "open " LIBRARY ": %s", dlerror());
		return err_hint(err, "Debian: apt-get install libsystemd0");
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			dlclose(handle);
			return err_set(err, ERR_UNSUPPORTED, LIBRARY " has no %s",
				       functions[i].name);
		}
		*(void **)((char *)&systemd_lib + functions[i].offset) = function;
	}
	systemd_lib.handle = handle;
	return 0;
}

int systemd_tell(struct err *err, int rc, const sd_bus_error *error, const char *what,
		 const char *unit)
{
	const char *text = error && error->message ? error->message : strerror(-rc);

	return err_set(err, ERR_FAILED, "systemd: %s \"%.100s\": %s", what, unit, text);
}

/* ---- connecting ---- */

/* A job has ended: the callback of the signal JobRemoved (id, job, unit, result). */
static int job_removed(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct systemd *systemd = data;
	const char *job, *unit, *result;
	uint32_t id;

	(void)error;
	if (systemd_lib.sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) >= 0 &&
	    str_eq(job, systemd->job))
		snprintf(systemd->result, sizeof(systemd->result), "%s", result);
	return 0;
}

/* systemd's own socket, as systemctl uses it: no bus needs to run, and job signals come unasked. */
static int open_private(sd_bus **ret, const char *runtime_dir)
{
	auto_free char *address = str_dupf("unix:path=%s/systemd/private", runtime_dir);
	sd_bus *bus = NULL;
	int rc = address ? systemd_lib.sd_bus_new(&bus) : -ENOMEM;

	if (rc >= 0)
		rc = systemd_lib.sd_bus_set_address(bus, address);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_start(bus);
	if (rc >= 0)
		*ret = bus;
	else if (bus)
		systemd_lib.sd_bus_unref(bus);
	return rc;
}

int systemd_call(struct systemd *systemd, const char *method, const char *text)
{
	auto_message sd_bus_message *m = NULL;
	int rc = systemd_lib.sd_bus_message_new_method_call(
		systemd->bus, &m, SYSTEMD_SERVICE, SYSTEMD_OBJECT, SYSTEMD_MANAGER, method);

	if (rc >= 0 && text)
		rc = systemd_lib.sd_bus_message_append_basic(m, 's', text);
	return rc < 0 ? rc : systemd_lib.sd_bus_call(systemd->bus, m, 0, NULL, NULL);
}

static int connect_manager(struct systemd *systemd, bool user)
{
	const char *runtime_dir = user ? getenv("XDG_RUNTIME_DIR") : "/run";
	int rc;

	if (!runtime_dir || open_private(&systemd->bus, runtime_dir) < 0) {
		rc = user ? systemd_lib.sd_bus_open_user(&systemd->bus) :
			    systemd_lib.sd_bus_open_system(&systemd->bus);
		if (rc < 0)
			return rc;
		rc = systemd_call(systemd, "Subscribe", NULL);
		if (rc < 0)
			return rc;
	}
	return systemd_lib.sd_bus_match_signal(systemd->bus, NULL, NULL, SYSTEMD_OBJECT,
					       SYSTEMD_MANAGER, "JobRemoved", job_removed, systemd);
}

static int tell_not_connected(int rc, bool user, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, "connect to the %s's systemd: %s", user ? "user" : "system",
		strerror(-rc));
	if (user && !getenv("XDG_RUNTIME_DIR"))
		return err_hint(err, "XDG_RUNTIME_DIR is not set: no session of the user?");
	return err_hint(err, "is %s running?", user ? "systemctl --user" : "systemd as process 1");
}

bool systemd_is_built(void)
{
	return true;
}

int systemd_open(bool user, struct systemd **ret, struct err *err)
{
	auto_systemd struct systemd *systemd = NULL;
	int rc;

	/* sd_booted(3) */
	if (access("/run/systemd/system", F_OK) < 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "the systemd cgroup manager: this host was not booted with systemd "
			       "(use --cgroup-manager cgroupfs)");
	if (load_library(err) < 0)
		return err_wrap(err, "the systemd cgroup manager");
	systemd = calloc(1, sizeof(*systemd));
	if (!systemd)
		return err_sys(err, "connect to systemd");
	rc = connect_manager(systemd, user);
	if (rc < 0)
		return tell_not_connected(rc, user, err);
	*ret = steal_ptr(&systemd);
	return 0;
}

void systemd_close(struct systemd *systemd)
{
	if (systemd->bus)
		systemd_lib.sd_bus_flush_close_unref(systemd->bus);
	free(systemd);
}

/* ---- properties ---- */

static int append_item(sd_bus_message *m, char type, const struct systemd_item *item)
{
	uint64_t n = item->number;

	switch (type) {
	case 'b':
		return systemd_lib.sd_bus_message_append_basic(m, type, &(int){ n != 0 });
	case 'y':
		return systemd_lib.sd_bus_message_append_basic(m, type, &(uint8_t){ (uint8_t)n });
	case 'n':
	case 'q':
		return systemd_lib.sd_bus_message_append_basic(m, type, &(uint16_t){ (uint16_t)n });
	case 'i':
	case 'u':
		return systemd_lib.sd_bus_message_append_basic(m, type, &(uint32_t){ (uint32_t)n });
	case 'd':
		return systemd_lib.sd_bus_message_append_basic(m, type, &item->real);
	case 'x':
	case 't':
		return systemd_lib.sd_bus_message_append_basic(m, type, &n);
	default:
		return systemd_lib.sd_bus_message_append_basic(m, type, item->text);
	}
}

static int append_pairs(sd_bus_message *m, const struct systemd_prop *prop)
{
	int rc = 0;

	for (size_t i = 0; i + 1 < prop->n && rc >= 0; i += 2) {
		rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_STRUCT, "ss");
		if (rc >= 0)
			rc = append_item(m, 's', &prop->item[i]);
		if (rc >= 0)
			rc = append_item(m, 's', &prop->item[i + 1]);
		if (rc >= 0)
			rc = systemd_lib.sd_bus_message_close_container(m);
	}
	return rc;
}

static int append_value(sd_bus_message *m, const struct systemd_prop *prop)
{
	const char *type = prop->signature;
	int rc;

	if (type[0] != 'a')
		return append_item(m, type[0], &prop->item[0]);
	type++;
	rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, type);
	if (rc >= 0 && type[0] == '(')
		rc = append_pairs(m, prop);
	for (size_t i = 0; type[0] != '(' && i < prop->n && rc >= 0; i++)
		rc = append_item(m, type[0], &prop->item[i]);
	return rc < 0 ? rc : systemd_lib.sd_bus_message_close_container(m);
}

static int append_prop(sd_bus_message *m, const struct systemd_prop *prop)
{
	int rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_STRUCT, "sv");

	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_append_basic(m, 's', prop->name);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_VARIANT,
							       prop->signature);
	if (rc >= 0)
		rc = append_value(m, prop);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_close_container(m);
	return rc < 0 ? rc : systemd_lib.sd_bus_message_close_container(m);
}

int systemd_append_props(sd_bus_message *m, const struct systemd_props *props)
{
	int rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "(sv)");

	for (size_t i = 0; i < props->n && rc >= 0; i++)
		rc = append_prop(m, &props->prop[i]);
	return rc < 0 ? rc : systemd_lib.sd_bus_message_close_container(m);
}
