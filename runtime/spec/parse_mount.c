/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list "mounts" (runtime-spec config.md, "Mounts"). */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/spec/mount_options.h"
#include "runtime/spec/parse.h"

/* The kernel takes no more lines in a map (user_namespaces(7)). */
#define MAP_LINES_MAX 340

/* ---- id maps ---- */

static const struct parse_range map_size_range = { 1, UINT32_MAX };

static int check_id_map(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_id_map *map = at;

	if ((uint64_t)map->container_id + map->size > UINT32_MAX)
		return parse_err(p, node, "containerID + size is more than 4294967295");
	if ((uint64_t)map->host_id + map->size > UINT32_MAX)
		return parse_err(p, node, "hostID + size is more than 4294967295");
	return 0;
}

static const struct parse_row id_map_rows[] = {
	PARSE_ROW("containerID", parse_uint, struct spec_id_map, container_id, .arg = &parse_id,
		  .required = true),
	PARSE_ROW("hostID", parse_uint, struct spec_id_map, host_id, .arg = &parse_id,
		  .required = true),
	PARSE_ROW("size", parse_uint, struct spec_id_map, size, .arg = &map_size_range,
		  .required = true),
};
static const struct parse_table id_map_table =
	PARSE_TABLE(id_map_rows, struct spec_id_map, .check = check_id_map);

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static int check_id_maps(const struct parse *p, const struct json *node,
			 const struct spec_id_maps *maps)
{
	if (maps->n > MAP_LINES_MAX)
		return parse_err(p, node, "has %zu entries, the kernel takes %d", maps->n,
				 MAP_LINES_MAX);
	for (size_t i = 1; i < maps->n; i++) {
		const struct spec_id_map *a = &maps->map[i];

		for (const struct spec_id_map *b = maps->map; b < a; b++)
			if (overlap(a->container_id, a->size, b->container_id, b->size) ||
			    overlap(a->host_id, a->size, b->host_id, b->size))
				return parse_err(p, node, "entries %td and %zu overlap",
						 b - maps->map, i);
	}
	return 0;
}

int parse_id_maps(const struct parse *p, const struct json *node, const struct parse_row *row,
		  void *at)
{
	static const struct parse_row list =
		PARSE_LIST("", parse_objects, struct spec_id_maps, map, n, .arg = &id_map_table);

	(void)row;
	return parse_objects(p, node, &list, at) < 0 ? -1 : check_id_maps(p, node, at);
}

/* ---- options ---- */

/* crun's idmap=uids=0-1000-10#@10-0-1;gids=…: triplets of an id in the file system, the id it
 * becomes, and how many; "@": counted from the host id of the container's own map. */

/* One number; *at moves behind it and the "-" that follows it. */
static int take_number(const char **at, uint64_t *ret)
{
	char *end;

	if (**at < '0' || **at > '9')
		return -1;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	*at = end + (*end == '-');
	return errno || *ret > UINT32_MAX ? -1 : 0;
}

/* The container's id as the host's; -1: not mapped. */
static int to_host(const struct spec_id_maps *maps, uint64_t *id)
{
	for (size_t i = 0; i < maps->n; i++) {
		const struct spec_id_map *map = &maps->map[i];

		if (*id >= map->container_id && *id - map->container_id < map->size) {
			*id = *id - map->container_id + map->host_id;
			return 0;
		}
	}
	return -1;
}

static int take_triplet(const char **at, const struct spec_id_maps *own, struct spec_id_map *ret)
{
	bool relative = **at == '@';
	uint64_t v[3];

	*at += relative;
	for (int i = 0; i < 3; i++)
		if (take_number(at, &v[i]) < 0)
			return -1;
	if (relative && to_host(own, &v[1]) < 0)
		return -1;
	if (!v[2] || v[0] + v[2] > UINT32_MAX || v[1] + v[2] > UINT32_MAX)
		return -1;
	*ret = (struct spec_id_map){ (uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2] };
	return 0;
}

/* The triplets up to ";" or the end. */
static int take_triplets(const struct parse *p, const char **at, const struct spec_id_maps *own,
			 struct spec_id_maps *ret)
{
	size_t most = strlen(*at) / sizeof("0-0-1") + 1;

	if (parse_room(p, most, sizeof(*ret->map), &ret->map, NULL) < 0)
		return -1;
	for (ret->n = 0; ret->n < most; *at += **at == '#') {
		if (take_triplet(at, own, &ret->map[ret->n]) < 0)
			return -1;
		ret->n++;
		if (**at != '#')
			break;
	}
	return 0;
}

static int parse_idmap_text(const struct parse *p, const struct json *node, const char *text,
			    struct spec_mount *mount)
{
	static const struct {
		const char *name;
		uint16_t own, at;
	} kinds[] = {
		{ "uids=", offsetof(struct spec_linux, uid_mappings),
		  offsetof(struct spec_mount, uid_mappings) },
		{ "gids=", offsetof(struct spec_linux, gid_mappings),
		  offsetof(struct spec_mount, gid_mappings) },
	};
	const char *at = text;

	while (*at) {
		unsigned int kind = str_starts(at, kinds[1].name);
		struct spec_id_maps *maps = (void *)((char *)mount + kinds[kind].at);

		if (!str_starts(at, kinds[kind].name))
			break;
		at += strlen(kinds[kind].name);
		if (take_triplets(p, &at,
				  (const void *)((const char *)&p->spec->lin + kinds[kind].own),
				  maps) < 0)
			break;
		if (check_id_maps(p, node, maps) < 0)
			return -1;
		if (*at == ';')
			at++;
		else if (*at)
			break;
	}
	if (*at)
		return parse_err(p, node,
				 "%s is not a mapping (idmap=uids=0-1000-10;gids=0-1000-10)",
				 parse_show(node->text));
	return 0;
}

static int parse_option(const struct parse *p, const struct json *node, struct spec_mount *mount,
			char ***data)
{
	bool recursive = str_starts(node->text, "ridmap=");

	if (!*node->text)
		return 0;
	if (mount_options_apply(mount, node->text))
		return 0;
	if (recursive || str_starts(node->text, "idmap=")) {
		mount->ridmap |= recursive;
		mount->idmap |= !recursive;
		return parse_idmap_text(p, node, strchr(node->text, '=') + 1, mount);
	}
	*(*data)++ = (char *)(uintptr_t)node->text;
	return 0;
}

static int parse_options(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	struct spec_mount *mount = at;
	char **data;

	(void)row;
	if (parse_expect(p, node, JSON_ARRAY) < 0 ||
	    parse_room(p, node->count + 1, sizeof(*data), &data, NULL) < 0)
		return -1;
	mount->data = data;
	json_for_each(child, node) {
		if (parse_expect(p, child, JSON_STRING) < 0 ||
		    parse_option(p, child, mount, &data) < 0)
			return -1;
	}
	if (!*mount->data)
		mount->data = NULL;
	return 0;
}

/* ---- one mount ---- */

static int parse_destination(const struct parse *p, const struct json *node,
			     const struct parse_row *row, void *at)
{
	(void)row;
	/* "it MAY be a relative path, in which case it MUST be interpreted as relative to /" */
	return parse_clean_path(p, node, true, at);
}

static int check_idmap(const struct parse *p, const struct json *node, struct spec_mount *mount)
{
	bool uids = mount->uid_mappings.n > 0, gids = mount->gid_mappings.n > 0;

	if (uids != gids)
		return parse_err(p, node, "needs both uidMappings and gidMappings or none");
	if (uids && !mount->ridmap)
		mount->idmap = true;
	if (!mount->idmap && !mount->ridmap)
		return 0;
	if (!mount->bind)
		return parse_err(p, node, "only a bind mount can be id-mapped");
	if (!uids && !p->spec->lin.ns[NS_USER].given)
		return parse_err(p, node, "idmap needs mappings where there is no user namespace");
	return 0;
}

static int check_mount(const struct parse *p, const struct json *node, void *at)
{
	struct spec_mount *mount = at;

	mount->bind |= mount->rbind || (mount->type && str_eq(mount->type, "bind"));
	if (check_idmap(p, node, mount) < 0)
		return -1;
	if (!mount->bind) {
		if (!mount->type && !mount->remount && !mount->propagation)
			return parse_err(p, node, "\"type\" is missing");
		return 0;
	}
	mount->type = "bind";
	if (!mount->source && !mount->remount)
		return parse_err(p, node, "\"source\" is missing");
	/* The kernel would ignore them without a word. */
	if (mount->data)
		return parse_err(p, parse_at(node, "options"),
				 "a bind mount takes no option of a file system, like %s",
				 parse_show(mount->data[0]));
	return 0;
}

static const struct parse_row mount_rows[] = {
	PARSE_ROW("destination", parse_destination, struct spec_mount, destination,
		  .required = true),
	PARSE_ROW("type", parse_str, struct spec_mount, type),
	PARSE_ROW("source", parse_str, struct spec_mount, source),
	PARSE_ROW("uidMappings", parse_id_maps, struct spec_mount, uid_mappings),
	PARSE_ROW("gidMappings", parse_id_maps, struct spec_mount, gid_mappings),
	/* Many places: .at is 0. Behind the mappings, which idmap=… replaces. */
	{ .name = "options", .fn = parse_options },
};
const struct parse_table parse_mount_table =
	PARSE_TABLE(mount_rows, struct spec_mount, .check = check_mount);

/* ---- all of them ---- */

/* Orders the nodes by what they mount where, so that the same mount twice stands side by side. */
static int compare_text(const struct json *a, const struct json *b, const char *member)
{
	const struct json *x = json_get(a, member), *y = json_get(b, member);

	return strcmp(x && x->text ? x->text : "", y && y->text ? y->text : "");
}

static int compare_options(const struct json *a, const struct json *b)
{
	const struct json *x = json_get(a, "options"), *y = json_get(b, "options");

	for (x = x ? x->first : NULL, y = y ? y->first : NULL; x && y; x = x->next, y = y->next) {
		int order = strcmp(x->text, y->text);

		if (order)
			return order;
	}
	return !!x - !!y;
}

struct mount_key {
	const struct spec_mount *mount;
	const struct json *node;
};

static int compare_mounts(const void *va, const void *vb)
{
	const struct mount_key *a = va, *b = vb;
	int order = strcmp(a->mount->destination, b->mount->destination);

	if (!order)
		order = compare_text(a->node, b->node, "type");
	if (!order)
		order = compare_text(a->node, b->node, "source");
	return order ? order : compare_options(a->node, b->node);
}

/* Mounting over a mount is legitimate (read-only on top of writable, a tmpfs inside a bind);
 * the same one twice is a mistake of who wrote the spec. */
static int check_duplicates(const struct parse *p, const struct json *node,
			    const struct spec_mount *mounts, size_t n)
{
	struct mount_key *keys;
	size_t i = 0;

	if (parse_room(p, n, sizeof(*keys), &keys, NULL) < 0)
		return -1;
	json_for_each(child, node) {
		keys[i] = (struct mount_key){ &mounts[i], child };
		i++;
	}
	if (n > 1)
		qsort(keys, n, sizeof(*keys), compare_mounts);
	for (i = 1; i < n; i++)
		if (compare_mounts(&keys[i - 1], &keys[i]) == 0)
			return parse_err(p,
					 keys[i - 1].mount > keys[i].mount ? keys[i - 1].node :
									     keys[i].node,
					 "%s is mounted twice in the same way",
					 parse_show(keys[i].mount->destination));
	return 0;
}

int parse_mounts(const struct parse *p, const struct json *node, const struct parse_row *row,
		 void *at)
{
	if (parse_objects(p, node, row, at) < 0)
		return -1;
	return check_duplicates(p, node, p->spec->mounts, p->spec->mounts_n);
}
