/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map "linux.sysctl": every name must belong to a namespace that the container has, or it
 * would change the host (runc's and crun's rule). */
#include "config.h"

#include <string.h>

#include "runtime/spec/parse.h"

struct sysctl_owner {
	const char *name; /* a whole name, or the beginning of names where it ends in "/" */
	enum spec_ns ns;
};

static const struct sysctl_owner owners[] = {
	{ "fs/mqueue/", NS_IPC },      { "kernel/domainname", NS_UTS },
	{ "kernel/hostname", NS_UTS }, { "kernel/msgmax", NS_IPC },
	{ "kernel/msgmnb", NS_IPC },   { "kernel/msgmni", NS_IPC },
	{ "kernel/sem", NS_IPC },      { "kernel/shm_rmid_forced", NS_IPC },
	{ "kernel/shmall", NS_IPC },   { "kernel/shmmax", NS_IPC },
	{ "kernel/shmmni", NS_IPC },   { "net/", NS_NET },
	{ "user/", NS_USER },
};

/* sysctl.d(5): the first separator says which of "." and "/" separates; the other one is then
 * part of a name ("net.ipv4.conf.eth0/1.rp_filter", "net/ipv4/conf/eth0.1/rp_filter"). */
static char *to_path(const struct parse *p, const char *name)
{
	size_t len = strlen(name);
	const char *first = strpbrk(name, "./");
	char *path = json_alloc(p->doc, len + 1);

	if (!path)
		return NULL;
	memcpy(path, name, len);
	if (first && *first == '.')
		for (char *at = path; *at; at++)
			*at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
	return path;
}

/* No component may be empty, "." or "..": the path is opened below /proc/sys. */
static bool is_plain_path(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0 || strspn(path, ".") >= len)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

static const struct sysctl_owner *find_owner(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		const char *name = owners[i].name;

		if (str_ends(name, "/") ? str_starts(path, name) : str_eq(path, name))
			return &owners[i];
	}
	return NULL;
}

/* The same name in two places of the spec with different values. */
static int check_conflict(const struct parse *p, const struct json *node, const char *path,
			  const char *member)
{
	const struct json *own = json_get(json_root(p->doc), member);

	if (!str_eq(path + strlen("kernel/"), member) || !own || own->type != JSON_STRING ||
	    !*own->text || str_eq(own->text, node->text))
		return 0;
	return parse_err(p, node, "contradicts \"%s\"", member);
}

static int check_one(const struct parse *p, const struct json *node, const char *path,
		     const struct spec_linux *lin)
{
	const struct sysctl_owner *owner;

	if (!is_plain_path(path))
		return parse_err(p, node, "is not a sysctl name");
	if (strchr(node->text, '\n'))
		return parse_err(p, node, "the value must be one line");
	owner = find_owner(path);
	if (!owner)
		return parse_err(p, node, "belongs to no namespace: it would change the host");
	if (!lin->ns[owner->ns].given)
		return parse_err(p, node, "needs the \"%s\" namespace, or it would change the host",
				 spec_ns_names[owner->ns].spec);
	if (owner->ns == NS_UTS)
		return check_conflict(p, node, path, "hostname") < 0 ?
			       -1 :
			       check_conflict(p, node, path, "domainname");
	return 0;
}

int parse_sysctl(const struct parse *p, const struct json *node, const struct parse_row *row,
		 void *at)
{
	struct spec_linux *lin = (void *)((char *)at - row->at);
	size_t i = 0;

	if (parse_pairs(p, node, row, at) < 0)
		return -1;
	json_for_each(child, node) {
		char *path = to_path(p, child->key);

		if (!path)
			return parse_nomem(p);
		if (check_one(p, child, path, lin) < 0)
			return -1;
		lin->sysctl[i++].key = path;
	}
	return 0;
}
