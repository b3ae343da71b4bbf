/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/base/str.h"
#include "runtime/kernel/systemd_bus.h"

/* ---- jobs ---- */

static int64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Waits for the job that the reply names. Its signal may have come already: the library keeps
 * what arrives during a call until it is asked to process it. */
static int wait_job(struct systemd *systemd, sd_bus_message *reply, const char *what,
		    const char *unit, struct err *err)
{
	int64_t until = now_usec() + SYSTEMD_JOB_SEC * INT64_C(1000000), left;
	const char *job;
	int rc = systemd_lib.sd_bus_message_read(reply, "o", &job);

	if (rc < 0)
		return systemd_tell(err, rc, NULL, what, unit);
	snprintf(systemd->job, sizeof(systemd->job), "%s", job);
	systemd->result[0] = '\0';
	for (;;) {
		rc = systemd_lib.sd_bus_process(systemd->bus, NULL);
		if (systemd->result[0])
			break;
		left = until - now_usec();
		if (rc == 0 && left > 0)
			rc = systemd_lib.sd_bus_wait(systemd->bus, (uint64_t)left);
		if (rc < 0 && rc != -EINTR)
			return systemd_tell(err, rc, NULL, what, unit);
		if (left <= 0)
			return err_set(err, ERR_FAILED,
				       "systemd: %s \"%.100s\": not done after %d s", what, unit,
				       SYSTEMD_JOB_SEC);
	}
	if (str_eq(systemd->result, "done"))
		return 0;
	return err_set(err, ERR_FAILED, "systemd: %s \"%.100s\": the job's result is \"%s\"", what,
		       unit, systemd->result);
}

/* method(unit, "replace", …), begun. */
static int new_job(struct systemd *systemd, const char *method, const char *unit,
		   sd_bus_message **ret)
{
	int rc = systemd_lib.sd_bus_message_new_method_call(
		systemd->bus, ret, SYSTEMD_SERVICE, SYSTEMD_OBJECT, SYSTEMD_MANAGER, method);

	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_append_basic(*ret, 's', unit);
	return rc < 0 ? rc : systemd_lib.sd_bus_message_append_basic(*ret, 's', "replace");
}

/* StartTransientUnit(unit, mode, properties, aux: a(sa(sv)), none) */
static int start_transient(struct systemd *systemd, const char *unit,
			   const struct systemd_props *props, sd_bus_error *error,
			   sd_bus_message **ret_reply)
{
	auto_message sd_bus_message *m = NULL;
	int rc = new_job(systemd, "StartTransientUnit", unit, &m);

	if (rc >= 0)
		rc = systemd_append_props(m, props);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "(sa(sv))");
	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_close_container(m);
	return rc < 0 ? rc : systemd_lib.sd_bus_call(systemd->bus, m, 0, error, ret_reply);
}

static bool is_error(const sd_bus_error *error, const char *name)
{
	return error->name && str_eq(error->name, name);
}

int systemd_start(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		  struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL, again = SD_BUS_ERROR_NULL;
	auto_message sd_bus_message *reply = NULL;
	int rc = start_transient(systemd, unit, props, &error, &reply);

	if (rc < 0 && is_error(&error, SYSTEMD_SERVICE ".UnitExists")) {
		/* One that failed stays loaded until somebody has taken note. */
		systemd_call(systemd, "ResetFailedUnit", unit);
		rc = start_transient(systemd, unit, props, &again, &reply);
		if (rc < 0 && is_error(&again, SYSTEMD_SERVICE ".UnitExists"))
			return err_set(err, ERR_EXISTS,
				       "systemd unit \"%.200s\" exists already (is another "
				       "container's cgroupsPath the same?)",
				       unit);
		if (rc < 0)
			return systemd_tell(err, rc, &again, "start unit", unit);
	}
	if (rc < 0)
		return systemd_tell(err, rc, &error, "start unit", unit);
	if (wait_job(systemd, reply, "start unit", unit, err) == 0)
		return 0;
	systemd_stop(systemd, unit, NULL);
	return -1;
}

int systemd_stop(struct systemd *systemd, const char *unit, struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
	auto_message sd_bus_message *m = NULL, *reply = NULL;
	int rc = new_job(systemd, "StopUnit", unit, &m);

	if (rc >= 0)
		rc = systemd_lib.sd_bus_call(systemd->bus, m, 0, &error, &reply);
	if (rc < 0 && is_error(&error, SYSTEMD_SERVICE ".NoSuchUnit"))
		return 0;
	if (rc < 0)
		return systemd_tell(err, rc, &error, "stop unit", unit);
	if (wait_job(systemd, reply, "stop unit", unit, err) < 0)
		return -1;
	systemd_call(systemd, "ResetFailedUnit", unit);
	return 0;
}

/* ---- asking and changing ---- */

int systemd_version(struct systemd *systemd, int *ret, struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
	auto_free char *text = NULL;
	int rc = systemd_lib.sd_bus_get_property_string(systemd->bus, SYSTEMD_SERVICE,
							SYSTEMD_OBJECT, SYSTEMD_MANAGER, "Version",
							&error, &text);

	if (rc < 0)
		return systemd_tell(err, rc, &error, "read property", "Version");
	/* "252.38-1~deb12u1", once "v252" */
	*ret = atoi(text + (text[0] == 'v'));
	return 0;
}

/* The object that stands for a unit, be it loaded or not. */
static char *unit_object(const char *unit)
{
	char *path = NULL;

	return systemd_lib.sd_bus_path_encode(SYSTEMD_OBJECT "/unit", unit, &path) < 0 ? NULL :
											 path;
}

static char *get_text(struct systemd *systemd, const char *unit, const char *interface,
		      const char *property, struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
	auto_free char *object = unit_object(unit);
	char *text = NULL;
	int rc = -ENOMEM;

	if (object)
		rc = systemd_lib.sd_bus_get_property_string(systemd->bus, SYSTEMD_SERVICE, object,
							    interface, property, &error, &text);
	if (rc < 0) {
		systemd_tell(err, rc, &error, "ask for unit", unit);
		return NULL;
	}
	return text;
}

char *systemd_description(struct systemd *systemd, const char *unit, struct err *err)
{
	return get_text(systemd, unit, SYSTEMD_UNIT, "Description", err);
}

char *systemd_cgroup(struct systemd *systemd, const char *unit, struct err *err)
{
	return get_text(systemd, unit, SYSTEMD_SCOPE, "ControlGroup", err);
}

static int get_message(struct systemd *systemd, const char *unit, const char *interface,
		       const struct systemd_prop *prop, sd_bus_message **ret, struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
	auto_free char *object = unit_object(unit);
	int rc = -ENOMEM;

	if (object)
		rc = systemd_lib.sd_bus_get_property(systemd->bus, SYSTEMD_SERVICE, object,
						     interface, prop->name, &error, ret,
						     prop->signature);
	return rc < 0 ? systemd_tell(err, rc, &error, "ask for unit", unit) : 0;
}

static int read_bytes(sd_bus_message *m, const uint8_t **ret, size_t *ret_len, struct err *err)
{
	const void *bytes = NULL;
	int rc = systemd_lib.sd_bus_message_read_array(m, 'y', &bytes, ret_len);

	*ret = bytes;
	return rc < 0 ? systemd_tell(err, rc, NULL, "read property", "ay") : 0;
}

char *systemd_invocation(struct systemd *systemd, const char *unit, struct err *err)
{
	static char name[] = "InvocationID";
	const struct systemd_prop prop = { .name = name, .signature = "ay" };
	auto_message sd_bus_message *m = NULL;
	struct strbuf text = { 0 };
	const uint8_t *id;
	size_t len;

	if (get_message(systemd, unit, SYSTEMD_UNIT, &prop, &m, err) < 0 ||
	    read_bytes(m, &id, &len, err) < 0)
		return NULL;
	for (size_t i = 0; i < len; i++)
		strbuf_addf(&text, "%02x", id[i]);
	return strbuf_steal(&text);
}

int systemd_set(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct err *err)
{
	auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
	auto_message sd_bus_message *m = NULL;
	int rc = systemd_lib.sd_bus_message_new_method_call(systemd->bus, &m, SYSTEMD_SERVICE,
							    SYSTEMD_OBJECT, SYSTEMD_MANAGER,
							    "SetUnitProperties");
	int version;

	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_append_basic(m, 's', unit);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_message_append_basic(m, 'b', &(int){ 1 });
	if (rc >= 0)
		rc = systemd_append_props(m, props);
	if (rc >= 0)
		rc = systemd_lib.sd_bus_call(systemd->bus, m, 0, &error, NULL);
	if (rc < 0)
		return systemd_tell(err, rc, &error, "change unit", unit);
	/* It answers first and writes to the cgroup afterwards, but before it takes the next call. */
	return systemd_version(systemd, &version, err);
}

static int copy_value(sd_bus_message *m, struct systemd_prop *prop, struct err *err)
{
	const uint8_t *bytes = NULL;
	size_t len = 1;
	uint64_t number = 0;
	int rc;

	if (prop->signature[0] == 'a') {
		if (read_bytes(m, &bytes, &len, err) < 0)
			return -1;
	} else {
		rc = systemd_lib.sd_bus_message_read(m, "t", &number);
		if (rc < 0)
			return systemd_tell(err, rc, NULL, "read property", prop->name);
	}
	for (size_t i = 0; i < len; i++) {
		struct systemd_item *item = systemd_prop_add(prop);

		if (!item)
			return err_sys(err, "read property \"%s\"", prop->name);
		item->number = bytes ? bytes[i] : number;
	}
	return 0;
}

int systemd_get(struct systemd *systemd, const char *unit, const struct systemd_props *props,
		struct systemd_props *ret, struct err *err)
{
	for (size_t i = 0; i < props->n; i++) {
		const struct systemd_prop *wanted = &props->prop[i];
		struct systemd_prop *prop = systemd_props_put(ret, wanted->name, wanted->signature);
		auto_message sd_bus_message *m = NULL;

		if (!prop)
			return err_sys(err, "read property \"%s\"", wanted->name);
		if (get_message(systemd, unit, SYSTEMD_SCOPE, wanted, &m, err) < 0 ||
		    copy_value(m, prop, err) < 0)
			return -1;
	}
	return 0;
}
