/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/spec/spec.h"

#define LIST_MAX_BYTES 65536
#define NODES_DIR "/sys/devices/system/node"

/* ---- the host ---- */

bool ctlimits_host_has(const char *controller)
{
	static const char *const files[] = { "/sys/fs/cgroup/cgroup.controllers",
					     "/sys/fs/cgroup/unified/cgroup.controllers" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_free char *text = NULL;

		if (fd_load_at(AT_FDCWD, files[i], 4096, &text, NULL, NULL) == 0 &&
		    strstr(text, controller))
			return true;
	}
	return false;
}

/* The one line of a file of sysfs, or what to take where it is not there. */
static char *load_line(const char *path, const char *otherwise)
{
	char *text = NULL;

	if (fd_load_at(AT_FDCWD, path, LIST_MAX_BYTES, &text, NULL, NULL) < 0)
		return otherwise ? strdup(otherwise) : NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int64_t files_max(void)
{
	auto_free char *text = load_line("/proc/sys/fs/nr_open", "1048576");
	int64_t value = 1048576;

	if (text)
		num_parse(text, "nr_open", 1, INT64_MAX, &value, NULL);
	return value;
}

/* The CPUs of all nodes of the list; NULL where they have none. */
static char *cpus_of_nodes(const char *nodes)
{
	unsigned char mask[SPEC_MAX_NODES / 8];
	auto_strbuf struct strbuf cpus = { 0 };

	if (spec_parse_list(nodes, mask, SPEC_MAX_NODES, NULL) < 0)
		return NULL;
	for (unsigned int node = 0; node < SPEC_MAX_NODES; node++) {
		auto_free char *path = NULL, *list = NULL;

		if (!(mask[node / 8] & (1U << (node % 8))))
			continue;
		path = str_dupf(NODES_DIR "/node%u/cpulist", node);
		list = path ? load_line(path, NULL) : NULL;
		if (list && *list)
			strbuf_addf(&cpus, "%s%s", cpus.len ? "," : "", list);
	}
	return cpus.len ? strbuf_steal(&cpus) : NULL;
}

/* ---- the disk ---- */

/* The whole disk that a partition is of; io.max takes no other (cgroup-v2.rst). */
static int whole_disk(struct limits_effects *e, struct err *err)
{
	auto_free char *dir = str_dupf("/sys/dev/block/%u:%u", e->disk_major, e->disk_minor);
	auto_free char *part = dir ? str_dupf("%s/partition", dir) : NULL;
	auto_free char *parent = dir ? str_dupf("%s/../dev", dir) : NULL;
	auto_free char *text = NULL;

	if (!part || !parent)
		return err_sys(err, "look for the disk");
	if (access(part, F_OK) < 0)
		return 0;
	text = load_line(parent, NULL);
	if (text && sscanf(text, "%u:%u", &e->disk_major, &e->disk_minor) == 2)
		return 0;
	return err_set(err, ERR_UNSUPPORTED, "look for the disk of partition %u:%u: none",
		       e->disk_major, e->disk_minor);
}

/* Where the private area is, or will be. A file system that shows no disk's number is on several,
 * or on none. */
int ctlimits_find_disk(const struct ct *ct, struct limits_effects *e, struct err *err)
{
	auto_free char *path = strdup(ct->private);
	auto_free char *dir = NULL;
	struct stat st;

	while (path && stat(path, &st) < 0) {
		char *parent = errno == ENOENT && path[1] ? vz_parent(path) : NULL;

		if (!parent)
			return err_sys(err, "look at \"%s\"", path);
		free(path);
		path = parent;
	}
	if (!path)
		return err_sys(err, "look for the disk");
	e->disk_major = major(st.st_dev);
	e->disk_minor = minor(st.st_dev);
	dir = str_dupf("/sys/dev/block/%u:%u", e->disk_major, e->disk_minor);
	if (dir && access(dir, F_OK) == 0)
		return whole_disk(e, err);
	err_set(err, ERR_UNSUPPORTED,
		"IOLIMIT, IOPSLIMIT: the file system of \"%s\" is not on one disk", ct->private);
	return err_hint(err, "the kernel limits disks; keep private areas on ext4 or xfs");
}

/* ---- reading ---- */

struct source {
	const struct ct *ct;
	const struct conf *conf;
};

/* What holds for all (NUMPROC and NUMFILE have defaults) is asked for only where it can be had; a
 * CT's own limit that can't be had is an error. */
static const char *get(const void *of, const char *key)
{
	const struct source *source = of;
	const char *value = conf_get(source->conf, key);

	for (size_t i = 0; !value && i < UBC_N; i++)
		if (str_eq(ubc_params[i].key, key) && ubc_params[i].old_key[0])
			value = conf_get(source->conf, ubc_params[i].old_key);
	if (value)
		return value;
	if (str_eq(key, "NUMPROC") && !ctlimits_host_has("pids"))
		return NULL;
	return vz_get(source->ct->vz, key);
}

static void lower_to_what_can_be_had(struct limits_rlimit *files)
{
	struct rlimit64 own;

	if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1 ||
	    prlimit64(0, RLIMIT_NOFILE, NULL, &own) < 0)
		return;
	if (files->hard > own.rlim_max)
		files->hard = own.rlim_max;
	if (files->soft > files->hard)
		files->soft = files->hard;
}

static int effects_of(struct ctlimits *limits, const struct ct *ct, struct err *err)
{
	const char *nodes = limits->limits.nodemask;
	struct limits_host_facts facts = {
		.memory_pages = sysconf(_SC_PHYS_PAGES),
		.files_max = files_max(),
	};

	limits->cpus = load_line("/sys/devices/system/cpu/online", "0");
	limits->nodes = load_line(NODES_DIR "/online", "0");
	limits->node_cpus = nodes ? cpus_of_nodes(nodes) : NULL;
	if (!limits->cpus || !limits->nodes)
		return err_sys(err, "read the limits");
	facts.cpus = limits->cpus;
	facts.nodes = limits->nodes;
	facts.node_cpus = limits->node_cpus;
	if (limits_effects_of(&limits->limits, &facts, &limits->effects, err) < 0)
		return err_wrap(err, "%s", ct->conf_path);
	if (limits->effects.io_bytes > 0 || limits->effects.io_operations > 0)
		return ctlimits_find_disk(ct, &limits->effects, err);
	return 0;
}

int ctlimits_read(const struct ct *ct, const struct conf *conf, struct ctlimits **ret,
		  struct err *err)
{
	auto_ctlimits struct ctlimits *limits = calloc(1, sizeof(*limits));
	struct limits_host host = { .cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN) };
	struct source source = { ct, conf };

	if (!limits)
		return err_sys(err, "read the limits");
	if (limits_read(get, &source, ct->conf_path, &host, &limits->limits, err) < 0 ||
	    effects_of(limits, ct, err) < 0)
		return -1;
	if (!conf_get(conf, "NUMFILE"))
		lower_to_what_can_be_had(&limits->effects.files);
	*ret = steal_ptr(&limits);
	return 0;
}

void ctlimits_free(struct ctlimits *limits)
{
	free(limits->cpus);
	free(limits->nodes);
	free(limits->node_cpus);
	free(limits);
}

void ctlimits_say_cpu(const struct ct *ct, const struct limits *limits)
{
	if (limits->cpulimit.given)
		vz_sayf(ct->vz, "Setting CPU limit: %" PRId64, limits->cpulimit.value);
	if (limits->cpuunits.given)
		vz_sayf(ct->vz, "Setting CPU units: %" PRId64, limits->cpuunits.value);
	if (limits->cpus.given)
		vz_sayf(ct->vz, "Setting CPUs: %" PRId64, limits->cpus.value);
}
