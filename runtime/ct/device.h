/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device: the device nodes and rules of a CT: DEVNODES="net/tun:rw …", DEVICES="c:10:200:rw …" and
 * the features that are a device (tun, fuse, ppp). Pure, but for device_find.
 */
#ifndef RUNTIME_CT_DEVICE_H
#define RUNTIME_CT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/spec/spec.h"

/* Where a CT has a node of each device that is allowed to it by its number, "c10:200": what mknod
 * of it is answered with (kernel/sysinfo.h). */
#define DEVICE_HIDDEN_DIR "/dev/.vzrun/nodes"
#define DEVICE_HIDDEN_SIZE 64

#define DEVICE_NAME_SIZE 128

struct device {
	char name[DEVICE_NAME_SIZE]; /* below /dev, where a node is; "": no name */
	char type;                   /* 'b', 'c'; 0: what device_find finds under the name */
	bool any_minor;
	uint32_t major, minor;
	bool read, write; /* neither: "none" */
	mode_t mode;      /* permissions of the node, and its owner as the CT counts */
	uid_t uid;
	gid_t gid;
};

struct device_list {
	struct device *list;
	size_t n;
};
void device_done(struct device_list *list);
#define auto_device_list __attribute__((cleanup(device_done)))

/* "c:10:200:rw", "b:8:all:none". ERR_INPUT; what: "--devices". */
int device_parse_rule(const char *word, const char *what, struct device *ret, struct err *err);
/* "net/tun:rw": a name below /dev. */
int device_parse_node(const char *word, const char *what, struct device *ret, struct err *err);

/* The values of a conf, each may be NULL: features' nodes first, then DEVNODES, then DEVICES. */
int device_read(const char *features, const char *devnodes, const char *devices,
		struct device_list *ret, struct err *err);

/* Looks up what the names are on this host. VZ_ERR(VZ_DEVICES): no such node. */
int device_find(struct device *device, struct err *err);
int device_find_all(struct device_list *list, struct err *err);

/* The conf's value with the word in it in place of one for the same device, in fresh memory. NULL:
 * ENOMEM. */
char *device_set_word(const char *value, const char *word);

/* Has it a node that can be made? */
bool device_has_node(const struct device *device);

/* Its place in DEVICE_HIDDEN_DIR. */
const char *device_hidden(char buf[DEVICE_HIDDEN_SIZE], const struct device *device);

/* What the CT may do, in fresh memory: nothing but these, and what every container may. */
int device_rules(const struct device_list *list, struct spec_device_rule **ret, size_t *ret_n,
		 struct err *err);

#endif
