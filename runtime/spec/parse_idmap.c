/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of id mappings (config-linux.md, "User namespace mappings"), and crun's way to write
 * them as a mount option (crun(1), "idmap mount options"). */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/spec/parse.h"

/* The kernel takes no more lines in a map (user_namespaces(7)). */
#define MAP_LINES_MAX 340

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

/* ---- idmap=uids=0-1000-10#@10-0-1;gids=… ---- */

/* Triplets of an id in the file system, the id it becomes, and how many there are of them.
 * "@": the second counts inside the container, and means the host's id for it. */

static int take_number(const char **at, uint64_t *ret)
{
	char *end;

	if (**at < '0' || **at > '9')
		return -1;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	*at = end;
	return errno || *ret > UINT32_MAX ? -1 : 0;
}

static bool take_word(const char **at, const char *word)
{
	if (!str_starts(*at, word))
		return false;
	*at += strlen(word);
	return true;
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
	bool relative = take_word(at, "@");
	uint64_t v[3];

	for (int i = 0; i < 3; i++)
		if ((i && !take_word(at, "-")) || take_number(at, &v[i]) < 0)
			return -1;
	if (relative && to_host(own, &v[1]) < 0)
		return -1;
	if (!v[2] || v[0] + v[2] > UINT32_MAX || v[1] + v[2] > UINT32_MAX)
		return -1;
	*ret = (struct spec_id_map){ (uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2] };
	return 0;
}

/* `most` is what there is room for, and more than the text can hold. */
static int take_triplets(const char **at, const struct spec_id_maps *own, size_t most,
			 struct spec_id_maps *ret)
{
	ret->n = 0;
	do {
		if (ret->n == most || take_triplet(at, own, &ret->map[ret->n]) < 0)
			return -1;
		ret->n++;
	} while (take_word(at, "#"));
	return 0;
}

/* "uids=…;gids=…" in any order, or one of them. */
static int take_maps(const struct spec_linux *lin, const char *at, size_t most,
		     struct spec_id_maps *uids, struct spec_id_maps *gids)
{
	do {
		if (take_word(&at, "uids=")) {
			if (take_triplets(&at, &lin->uid_mappings, most, uids) < 0)
				return -1;
		} else if (!take_word(&at, "gids=") ||
			   take_triplets(&at, &lin->gid_mappings, most, gids) < 0) {
			return -1;
		}
	} while (take_word(&at, ";") && *at);
	return *at ? -1 : 0;
}

int parse_idmap_option(const struct parse *p, const struct json *node, struct spec_mount *mount)
{
	struct spec_id_maps *uids = &mount->uid_mappings, *gids = &mount->gid_mappings;
	size_t most = node->count / strlen("0-0-1#") + 1;

	if (str_starts(node->text, "r"))
		mount->ridmap = true;
	else
		mount->idmap = true;
	if (parse_room(p, most, sizeof(*uids->map), &uids->map, NULL) < 0 ||
	    parse_room(p, most, sizeof(*gids->map), &gids->map, NULL) < 0)
		return -1;
	uids->n = gids->n = 0;
	if (take_maps(&p->spec->lin, strchr(node->text, '=') + 1, most, uids, gids) < 0)
		return parse_err(p, node,
				 "%s is not a mapping (idmap=uids=0-1000-10;gids=0-1000-10)",
				 parse_show(node->text));
	return check_id_maps(p, node, uids) < 0 ? -1 : check_id_maps(p, node, gids);
}
