/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd_bus: libsystemd's D-Bus client, opened when first used, and a connection to a manager.
 * Inside of systemd.h's files only.
 */
#ifndef RUNTIME_KERNEL_SYSTEMD_BUS_H
#define RUNTIME_KERNEL_SYSTEMD_BUS_H

#ifdef HAVE_LIBSYSTEMD

#include <systemd/sd-bus.h>

#include "runtime/kernel/systemd.h"

/* What is used of the library: one row a function, named as there. */
#define SYSTEMD_FUNCTIONS(X)              \
	X(sd_bus_call)                    \
	X(sd_bus_error_free)              \
	X(sd_bus_flush_close_unref)       \
	X(sd_bus_get_property)            \
	X(sd_bus_get_property_string)     \
	X(sd_bus_match_signal)            \
	X(sd_bus_message_append_basic)    \
	X(sd_bus_message_close_container) \
	X(sd_bus_message_new_method_call) \
	X(sd_bus_message_open_container)  \
	X(sd_bus_message_read)            \
	X(sd_bus_message_read_array)      \
	X(sd_bus_message_unref)           \
	X(sd_bus_new)                     \
	X(sd_bus_open_system)             \
	X(sd_bus_open_user)               \
	X(sd_bus_path_encode)             \
	X(sd_bus_process)                 \
	X(sd_bus_set_address)             \
	X(sd_bus_start)                   \
	X(sd_bus_unref)                   \
	X(sd_bus_wait)

/* The functions of those names; there once systemd_open has returned 0. */
struct systemd_lib {
	void *handle;
#define SYSTEMD_MEMBER(name) __typeof__(&name) name;
	SYSTEMD_FUNCTIONS(SYSTEMD_MEMBER)
#undef SYSTEMD_MEMBER
};
extern struct systemd_lib systemd_lib;

#define SYSTEMD_SERVICE "org.freedesktop.systemd1"
#define SYSTEMD_OBJECT "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_SERVICE ".Manager"
#define SYSTEMD_SCOPE SYSTEMD_SERVICE ".Scope"
#define SYSTEMD_UNIT SYSTEMD_SERVICE ".Unit"

struct systemd {
	sd_bus *bus;
	/* The job that is waited for, an object's path, and what came of it. */
	char job[128], result[32];
};

/* A message or an error of the library, for as long as the scope. */
static inline void systemd_unref_message(sd_bus_message **m)
{
	if (*m)
		systemd_lib.sd_bus_message_unref(*m);
}
#define auto_message __attribute__((cleanup(systemd_unref_message)))

static inline void systemd_free_error(sd_bus_error *error)
{
	systemd_lib.sd_bus_error_free(error);
}
#define auto_bus_error __attribute__((cleanup(systemd_free_error)))

/* Fills err for the library's -errno and, where there is one, systemd's answer. Always -1. */
int systemd_tell(struct err *err, int rc, const sd_bus_error *error, const char *what,
		 const char *unit);

/* A method of the manager that takes one text, or (NULL) nothing. 0 or more, or -errno. */
int systemd_call(struct systemd *systemd, const char *method, const char *text);

/* Appends "a(sv)". 0 or more, or -errno. */
int systemd_append_props(sd_bus_message *m, const struct systemd_props *props);

#endif
#endif
