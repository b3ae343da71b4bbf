/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctgraft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/answers.h"
#include "runtime/ct/bind.h"

/* The strings are its own. */
struct wanted {
	struct container_mount *list;
	size_t n;
};

static void wanted_done(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		free(wanted->list[i].target);
		free(wanted->list[i].source);
	}
	free(wanted->list);
}
#define auto_wanted __attribute__((cleanup(wanted_done)))

/* Takes over its strings, also on failure. */
static int add(struct wanted *wanted, const struct container_mount *mount, struct err *err)
{
	struct container_mount *room =
		mount->target ? mem_append(&wanted->list, &wanted->n, sizeof(*room)) : NULL;

	if (!room) {
		free(mount->target);
		free(mount->source);
		return err_sys(err, "prepare the mounts");
	}
	*room = *mount;
	return 0;
}

/* ---- devices ---- */

int ctgraft_devices(const struct ct *ct, const struct conf *conf, struct device_list *ret,
		    struct err *err)
{
	auto_device_list struct device_list list = { 0 };

	if (device_read(conf_get(conf, "FEATURES"), conf_get(conf, "DEVNODES"),
			conf_get(conf, "DEVICES"), &list, err) < 0) {
		err_wrap(err, "%s", ct->conf_path);
		return vz_fail(err, VZ_BAD_CONF);
	}
	if (device_find_all(&list, err) < 0)
		return -1;
	*ret = list;
	list = (struct device_list){ 0 };
	return 0;
}

static bool has_target(const struct wanted *wanted, const char *target)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (str_eq(wanted->list[i].target, target))
			return true;
	return false;
}

static int add_node(struct wanted *wanted, const struct device *device, const char *target,
		    struct err *err)
{
	struct container_mount mount = {
		.mode = (device->type == 'b' ? S_IFBLK : S_IFCHR) | device->mode,
		.rdev = makedev(device->major, device->minor),
		.uid = device->uid,
		.gid = device->gid,
	};

	if (has_target(wanted, target))
		return 0;
	mount.target = str_dupf("%s", target);
	return add(wanted, &mount, err);
}

static int want_nodes(const struct device_list *devices, struct wanted *wanted, struct err *err)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct device *device = &devices->list[i];
		char hidden[DEVICE_HIDDEN_SIZE], path[DEVICE_NAME_SIZE + 8];

		if (!device_has_node(device))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", device->name);
		if (add_node(wanted, device, device_hidden(hidden, device), err) < 0 ||
		    (*device->name && add_node(wanted, device, path, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- bind mounts ---- */

/* "/var/lib/docker" -> "var%2flib%2fdocker": none is in another, where the CT could put a link in its
 * place. */
static void add_volume_name(struct strbuf *out, const char *target)
{
	for (const char *c = target + 1; *c; c++)
		if (*c == '/' || *c == '%')
			strbuf_addf(out, "%%%02x", (unsigned int)*c);
		else
			strbuf_add_char(out, *c);
}

/* A folder there, made where it is missing, and no link: an area may come from anywhere. */
static int open_folder(int parent, const char *name, struct err *err)
{
	int fd;

	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "make folder \"%s\"", name);
	fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open folder \"%s\"", name) : fd;
}

/* The folder of a volume of the CT's own. What leads to it only the host's root can change. */
static char *own_volume(const struct ct *ct, const char *target, struct err *err)
{
	auto_fd int area = open(ct->private, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int folder = -1, volume = -1;
	auto_strbuf struct strbuf name = { 0 };
	char *path = NULL;

	add_volume_name(&name, target);
	if (area < 0 || name.failed) {
		err_sys(err, "open \"%s\"", ct->private);
		return NULL;
	}
	folder = open_folder(area, BIND_OWN_DIR, err);
	volume = folder < 0 ? -1 : open_folder(folder, name.text, err);
	if (volume < 0) {
		err_wrap(err, "the volume for %s", target);
		return NULL;
	}
	path = str_dupf("%s/" BIND_OWN_DIR "/%s", ct->private, name.text);
	if (!path)
		err_sys(err, "prepare the mounts");
	return path;
}

static int read_binds(const struct ct *ct, const struct conf *conf, struct bind_list *ret,
		      struct err *err)
{
	if (bind_read(conf_get(conf, "BINDMOUNT"), conf_get(conf, "FEATURES"), ret, err) == 0)
		return 0;
	err_wrap(err, "%s", ct->conf_path);
	return vz_fail(err, VZ_BAD_CONF);
}

int ctgraft_check(const struct ct *ct, struct err *err)
{
	auto_device_list struct device_list devices = { 0 };
	auto_bind_list struct bind_list binds = { 0 };

	return ctgraft_devices(ct, ct->conf, &devices, err) < 0 ?
		       -1 :
		       read_binds(ct, ct->conf, &binds, err);
}

static int want_binds(const struct ct *ct, const struct conf *conf, struct wanted *wanted,
		      struct err *err)
{
	auto_bind_list struct bind_list binds = { 0 };

	if (read_binds(ct, conf, &binds, err) < 0)
		return -1;
	for (size_t i = 0; i < binds.n; i++) {
		const struct bind *bind = &binds.list[i];
		struct container_mount mount = { .attr = bind->attr };

		mount.source = bind->source ? str_dupf("%s", bind->source) :
					      own_volume(ct, bind->target, err);
		if (!mount.source)
			return -1;
		mount.target = str_dupf("%s", bind->target);
		if (add(wanted, &mount, err) < 0)
			return -1;
	}
	return 0;
}

int ctgraft_up(const struct ct *ct, const struct device_list *devices, struct err *err)
{
	auto_wanted struct wanted wanted = { 0 };

	if (want_nodes(devices, &wanted, err) < 0 || want_binds(ct, ct->conf, &wanted, err) < 0)
		return -1;
	return container_mount(ct->vz->set, ct->id, wanted.list, wanted.n, err);
}

/* ---- changing ---- */

static bool same(const struct container_mount *a, const struct container_mount *b)
{
	bool both_nodes = !a->source && !b->source;

	return str_eq(a->target, b->target) &&
	       (both_nodes || (a->source && b->source && str_eq(a->source, b->source))) &&
	       a->attr == b->attr && a->rdev == b->rdev && a->mode == b->mode;
}

/* Puts what the other list has too behind the rest; how many the rest are. */
static size_t sort_out(struct wanted *wanted, const struct wanted *other)
{
	size_t n = wanted->n;

	for (size_t i = 0; i < n;) {
		struct container_mount both;
		size_t j = 0;

		while (j < other->n && !same(&wanted->list[i], &other->list[j]))
			j++;
		if (j == other->n) {
			i++;
			continue;
		}
		both = wanted->list[i];
		wanted->list[i] = wanted->list[--n];
		wanted->list[n] = both;
	}
	return n;
}

static int unmount(const struct ct *ct, const struct wanted *wanted, size_t n, struct err *err)
{
	auto_free const char **targets = calloc(n + 1, sizeof(*targets));

	if (!targets)
		return err_sys(err, "prepare the mounts");
	for (size_t i = 0; i < n; i++)
		targets[i] = wanted->list[i].target;
	return container_unmount(ct->vz->set, ct->id, targets, n, err);
}

/* What goes makes room first. */
static int change(const struct ct *ct, struct wanted *old, struct wanted *new, struct err *err)
{
	const struct container_settings *set = ct->vz->set;
	size_t gone = sort_out(old, new), come = sort_out(new, old);
	struct err why = { 0 };

	if (unmount(ct, old, gone, err) < 0)
		return -1;
	if (container_mount(set, ct->id, new->list, come, err) == 0)
		return 0;
	if (container_mount(set, ct->id, old->list, gone, &why) < 0)
		log_warning("CT %s: mount again: %s, ignoring", ct->id, why.msg);
	return -1;
}

int ctgraft_change_binds(const struct ct *ct, const struct conf *old, struct err *err)
{
	auto_wanted struct wanted was = { 0 }, will = { 0 };

	if (want_binds(ct, old, &was, err) < 0 || want_binds(ct, ct->conf, &will, err) < 0)
		return -1;
	return change(ct, &was, &will, err);
}

static int set_rules(const struct ct *ct, const struct device_list *devices, struct err *err)
{
	auto_free struct spec_device_rule *rules = NULL;
	struct spec_resources res = { 0 };

	if (device_rules(devices, &rules, &res.devices_n, err) < 0)
		return -1;
	res.devices = rules;
	return container_update(ct->vz->set, ct->id, &res, err);
}

/* As they were, as far as what they were is still known. */
static int read_old(const struct ct *ct, const struct conf *old, struct device_list *ret)
{
	struct err why = { 0 };

	if (ctgraft_devices(ct, old, ret, &why) == 0)
		return 0;
	log_debug("CT %s: the devices it had: %s", ct->id, why.msg);
	return -1;
}

int ctgraft_change_devices(const struct ct *ct, const struct conf *old, struct err *err)
{
	auto_device_list struct device_list before = { 0 }, after = { 0 };
	auto_wanted struct wanted was = { 0 }, will = { 0 };
	struct err why = { 0 };

	if (ctgraft_devices(ct, ct->conf, &after, err) < 0)
		return -1;
	if (read_old(ct, old, &before) == 0 && want_nodes(&before, &was, err) < 0)
		return -1;
	if (want_nodes(&after, &will, err) < 0 || set_rules(ct, &after, err) < 0)
		return -1;
	if (change(ct, &was, &will, err) == 0)
		return answers_change(ct, &after, err);
	if (set_rules(ct, &before, &why) < 0)
		log_warning("CT %s: device rules: %s, ignoring", ct->id, why.msg);
	return -1;
}
