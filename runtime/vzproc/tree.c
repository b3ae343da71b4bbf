/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/vzproc/tree.h"

#include <string.h>
#include <sys/stat.h>

#include "runtime/ct/ctid.h"

#define FOLDER (S_IFDIR | 0555)
#define ROOTS (S_IFREG | 0400)
#define ANYBODYS (S_IFREG | 0444)

static const struct tree_row rows[] = {
	{ "/", FOLDER, NULL },
	{ "/bc", FOLDER, NULL },
	{ "/bc/*", FOLDER, NULL },
	{ "/bc/*/resources", ROOTS, texts_resources_of },
	{ "/bc/resources", ROOTS, texts_resources },
	{ "/user_beancounters", ROOTS, texts_beancounters },
	{ "/vz", FOLDER, NULL },
	{ "/vz/beancounter", FOLDER, NULL },
	{ "/vz/beancounter/*", FOLDER, NULL },
	{ "/vz/beancounter/*/blkio.io_service_bytes", ROOTS, texts_blkio },
	{ "/vz/veinfo", ROOTS, texts_veinfo },
	{ "/vz/version", ANYBODYS, texts_version },
	{ "/vz/vestat", ROOTS, texts_vestat },
	{ "/vz/vswap", ANYBODYS, texts_vswap },
	{ "/vz/vzquota", ROOTS, texts_vzquota },
};

/* A path that a "*" would be too long for is none of ours. */
static bool take_ctid(const char *path, size_t len, uint32_t *ret)
{
	char text[CTID_SIZE];

	if (len >= sizeof(text))
		return false;
	memcpy(text, path, len);
	text[len] = '\0';
	return ctid_parse(text, ret);
}

static bool matches(const struct tree_row *row, const char *path, struct tree_node *ret)
{
	const char *star = strchr(row->path, '*');
	size_t before = star ? (size_t)(star - row->path) : 0, len;

	*ret = (struct tree_node){ .row = row };
	if (!star)
		return str_eq(path, row->path);
	if (strncmp(path, row->path, before) != 0)
		return false;
	len = strcspn(path + before, "/");
	ret->has_ctid = true;
	return str_eq(path + before + len, star + 1) && take_ctid(path + before, len, &ret->ctid);
}

bool tree_find(const char *path, struct tree_node *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (matches(&rows[i], path, ret))
			return true;
	return false;
}

const char *tree_name(const struct tree_row *row)
{
	return strrchr(row->path, '/') + 1;
}

static bool is_in(const struct tree_row *folder, const struct tree_row *row)
{
	size_t len = str_eq(folder->path, "/") ? 0 : strlen(folder->path);

	return row != folder && (size_t)(tree_name(row) - 1 - row->path) == len &&
	       strncmp(row->path, folder->path, len) == 0;
}

const struct tree_row *tree_next(const struct tree_row *folder, const struct tree_row *last)
{
	for (const struct tree_row *row = last ? last + 1 : rows; row < rows + ARRAY_SIZE(rows);
	     row++)
		if (is_in(folder, row))
			return row;
	return NULL;
}
