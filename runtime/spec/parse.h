/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: JSON objects into structs, by tables.
 *
 * A table has one row for each member that the specification knows: its name, the function
 * that reads it, and where in the struct it goes. Members are read in the table's order, not
 * the document's, so a check may rely on what stands above it. Unknown members are ignored and
 * null counts as absent, as in the Go programs that write most specs.
 */
#ifndef RUNTIME_SPEC_PARSE_H
#define RUNTIME_SPEC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/spec/names.h"
#include "runtime/spec/spec.h"

/* What every function here needs to know. */
struct parse {
	struct json_doc *doc;
	struct spec *spec;
	const char *what; /* "config.json" */
	struct err *err;
};

struct parse_row;

/* Reads node into *at. 0, or -1 with p->err. */
typedef int (*parse_fn)(const struct parse *p, const struct json *node, const struct parse_row *row,
			void *at);

struct parse_row {
	const char *name;
	parse_fn fn;
	const void *arg; /* what fn says: a range, names, a table */
	uint16_t at;     /* offset in the struct */
	uint16_t at_n;   /* of a list's length */
	uint16_t size;   /* of the place: what a number must fit */
	bool required;
};

struct parse_table {
	const struct parse_row *rows;
	uint16_t n;
	uint16_t size;       /* of the struct, for lists of it */
	bool given;          /* the struct begins with a `bool given` */
	const void *initial; /* what the struct begins as, where that is not all zero */
	/* Looks at the struct as a whole once it is read, or NULL. */
	int (*check)(const struct parse *p, const struct json *node, void *at);
};

#define PARSE_ROW(name_, fn_, type_, member_, ...)                        \
	{                                                                 \
		.name = name_, .fn = fn_, .at = offsetof(type_, member_), \
		.size = sizeof(((type_ *)NULL)->member_), __VA_ARGS__     \
	}
/* A list: a pointer and, elsewhere in the struct, how many there are. */
#define PARSE_LIST(name_, fn_, type_, member_, member_n_, ...)            \
	{                                                                 \
		.name = name_, .fn = fn_, .at = offsetof(type_, member_), \
		.at_n = offsetof(type_, member_n_), __VA_ARGS__           \
	}
#define PARSE_TABLE(rows_, type_, ...)                                                    \
	{                                                                                 \
		.rows = rows_, .n = ARRAY_SIZE(rows_), .size = sizeof(type_), __VA_ARGS__ \
	}

struct parse_range {
	int64_t min;
	uint64_t max;
};
extern const struct parse_range parse_u16, parse_u32, parse_id; /* id: a uid or gid */

/* Row functions. The type in () is what `at` must be; arg is a struct parse_range where a
 * number is read (NULL: all that the place holds). An empty string is an absent one. */
int parse_bool(const struct parse *, const struct json *, const struct parse_row *, void *);
int parse_opt_bool(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (an integer of row->size bytes) */
int parse_int(const struct parse *, const struct json *, const struct parse_row *, void *);
int parse_uint(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (struct spec_i64, struct spec_u64) */
int parse_opt_int(const struct parse *, const struct json *, const struct parse_row *, void *);
int parse_opt_uint(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (const char *) */
int parse_str(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (const char *) an absolute path of the host, as given */
int parse_host_path(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (const char *) an absolute path of the container, cleaned; leaving the root is an error */
int parse_path(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (const char *) a list of numbers, "0-3,7", below *(const uint16_t *)arg */
int parse_number_list(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (char *const *) strings; for _paths as parse_path, for _env NAME=value. An empty list is an
 * absent one. */
int parse_strv(const struct parse *, const struct json *, const struct parse_row *, void *);
int parse_paths(const struct parse *, const struct json *, const struct parse_row *, void *);
int parse_env(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (an integer of row->size bytes) arg: a struct names_table */
int parse_name(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (the same) an array of names that are ORed */
int parse_flags(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (a struct) arg: its struct parse_table */
int parse_object(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (a pointer to such structs, and their number) */
int parse_objects(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (the same) an object of such objects; the check takes the names from node->key */
int parse_map(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (struct spec_pair *, and their number) an object of strings */
int parse_pairs(const struct parse *, const struct json *, const struct parse_row *, void *);

/* Helpers of row functions and checks. */

/* "config.json: <where>: text"; always -1. */
#define parse_err(p, node, ...) json_err((p)->err, (p)->what, node, __VA_ARGS__)
/* In an error text: the value in quotes, shortened, on one line. */
#define parse_show(text) str_show((char[STR_SHOW_SIZE]){ 0 }, text)

/* Is the node of this type? */
int parse_expect(const struct parse *p, const struct json *node, enum json_type type);
int parse_nomem(const struct parse *p);
/* Room for n elements behind *(void **)at, with their number in *ret_n. */
int parse_room(const struct parse *p, size_t n, size_t size, void *at, size_t *ret_n);
/* The node's text as a name's number. */
int parse_lookup(const struct parse *p, const struct json *node, const struct names_table *names,
		 uint32_t *ret);
/* The node's text as a path inside the container: cleaned, below its root. A path that is not
 * absolute counts from the root where relative_ok. */
int parse_clean_path(const struct parse *p, const struct json *node, bool relative_ok,
		     const char **ret);
/* The member of node, for the error about it; node itself where it lacks it. */
const struct json *parse_at(const struct json *node, const char *member);

/* The document, and its sections, each in a file of its own. */
extern const struct parse_table parse_config_table;
extern const struct parse_table parse_mount_table;
extern const struct parse_table parse_process_table;
extern const struct parse_table parse_linux_table;
extern const struct parse_table parse_resources_table;
extern const struct parse_table parse_seccomp_table;

/* (struct spec_mount *, and their number) arg: parse_mount_table */
int parse_mounts(const struct parse *, const struct json *, const struct parse_row *, void *);
/* (struct spec_id_maps) */
int parse_id_maps(const struct parse *, const struct json *, const struct parse_row *, void *);
/* The mount option idmap=… or ridmap=…, into the mount's mappings. */
int parse_idmap_option(const struct parse *, const struct json *, struct spec_mount *);
/* (struct spec_pair *, and their number: in struct spec_linux, behind the namespaces) */
int parse_sysctl(const struct parse *, const struct json *, const struct parse_row *, void *);

#endif
