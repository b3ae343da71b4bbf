/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list "mounts" (runtime-spec config.md, "Mounts"). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/spec/mount_options.h"
#include "runtime/spec/parse.h"

/* ---- options ---- */

static int parse_option(const struct parse *p, const struct json *node, struct spec_mount *mount,
			char ***data)
{
	if (!*node->text || mount_options_apply(mount, node->text))
		return 0;
	if (str_starts(node->text, "idmap=") || str_starts(node->text, "ridmap="))
		return parse_idmap_option(p, node, mount);
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
