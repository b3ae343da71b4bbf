/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzlist: OpenVZ's command of that name, option by option and text by text (vzlist(8)). Scripts
 * and panels read what it prints, and some of them its messages.
 */
#include "config.h"

#include "runtime/cli/face.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/cli/listing.h"
#include "runtime/cli/output.h"

#define FAILED 1
#define NAME_COLUMNS "smart_name,numproc,status,ip,hostname"
/* OpenVZ's buffer for one name. */
#define FIELD_NAME_MAX 30

#define HELP 1 /* has no letter */

static const struct {
	char letter, name[12], arg[24], help[44];
} option_rows[] = {
	{ 'a', "all", "", "list all containers" },
	{ 'S', "stopped", "", "list stopped containers" },
	{ 'n', "name", "", "display containers' names" },
	{ 'H', "no-header", "", "suppress columns header" },
	{ 't', "no-trim", "", "do not trim long values" },
	{ 'j', "json", "", "output in JSON format" },
	{ 'o', "output", "field[,field...]", "output only specified fields" },
	{ '1', "", "", "synonym for -H -octid" },
	{ 's', "sort", "[-]field", "sort by the specified field, - backwards" },
	{ 'h', "hostname", "pattern", "filter CTs by hostname pattern" },
	{ 'N', "name_filter", "pattern", "filter CTs by name pattern" },
	{ 'd', "description", "pattern", "filter CTs by description pattern" },
	{ 'L', "list", "", "get possible field names" },
	{ HELP, "help", "", "show this help" },
};
#define OPTIONS ARRAY_SIZE(option_rows)

struct request {
	struct listing listing;
	const char *fields, *sort;
	struct listing_filter filter[3];
	bool list_fields, help;
};

static void print(const struct strbuf *sb)
{
	struct err why;

	if (output_write(sb, &why) < 0)
		log_error("vzlist: %s", why.msg);
}

static int usage(int status)
{
	auto_strbuf struct strbuf sb = { 0 };

	strbuf_add(&sb, "Usage:\tvzlist [-a | -S] [-n] [-H] [-t] [-j] [-o field[,field...] | -1]\n"
			"\t       [-s [-]field] [-h pattern] [-N pattern] [-d pattern] [CTID ...]\n"
			"\tvzlist -L | --list\n\nOptions:\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char letter[] = { '-', option_rows[i].letter, '\0' };
		const char *name = option_rows[i].name, *arg = option_rows[i].arg;
		auto_free char *names =
			str_dupf("%s%s%s%s%s%s", option_rows[i].letter == HELP ? "" : letter,
				 *name && option_rows[i].letter != HELP ? ", " : "",
				 *name ? "--" : "", name, *arg ? " " : "", arg);

		strbuf_addf(&sb, "\t%-34s %s\n", names ? names : "", option_rows[i].help);
	}
	print(&sb);
	return status;
}

/* ---- the command line ---- */

static void set_filter(struct request *request, const char *column, const char *pattern)
{
	struct listing *listing = &request->listing;
	size_t i = 0;

	while (i < listing->filters_n && !str_eq(request->filter[i].column->name, column))
		i++;
	request->filter[i] =
		(struct listing_filter){ column_find(column, strlen(column)), pattern };
	listing->filters = request->filter;
	if (i == listing->filters_n)
		listing->filters_n++;
}

static bool take_option(struct request *request, int letter, const char *value)
{
	struct listing *listing = &request->listing;

	switch (letter) {
	case 'a':
		listing->all = true;
		return true;
	case 'S':
		listing->stopped = true;
		return true;
	case 'n':
		request->fields = NAME_COLUMNS;
		return true;
	case 'H':
		listing->no_header = true;
		return true;
	case 't':
		listing->no_cut = true;
		return true;
	case 'j':
		listing->json = true;
		return true;
	case 'o':
		request->fields = value;
		return true;
	case '1':
		request->fields = "ctid";
		listing->no_header = true;
		return true;
	case 's':
		request->sort = value;
		return true;
	case 'h':
		set_filter(request, "hostname", value);
		return true;
	case 'N':
		set_filter(request, "name", value);
		return true;
	case 'd':
		set_filter(request, "description", value);
		return true;
	case 'L':
		request->list_fields = true;
		return true;
	case HELP:
		request->help = true;
		return true;
	default:
		return false;
	}
}

static int check_sort(struct request *request)
{
	const char *name = request->sort;

	if (!name)
		return 0;
	request->listing.reverse = *name == '-';
	name += *name == '-';
	request->listing.sort = column_find(name, strlen(name));
	if (request->listing.sort)
		return 0;
	dprintf(STDERR_FILENO, "Invalid sort field name: %s\n", request->sort);
	return -1;
}

/* What comes first on the line is refused first: an option, a field to sort by. -L ends it. */
static int read_options(struct request *request, int argc, char **argv)
{
	char letters[2 * OPTIONS + 1] = "", *l = letters;
	struct option names[OPTIONS + 1] = { 0 }, *n = names;
	int c;

	for (size_t i = 0; i < OPTIONS; i++) {
		if (option_rows[i].letter != HELP)
			*l++ = option_rows[i].letter;
		if (option_rows[i].arg[0])
			*l++ = ':';
		if (option_rows[i].name[0])
			*n++ = (struct option){ option_rows[i].name, option_rows[i].arg[0] != 0,
						NULL, option_rows[i].letter };
	}
	while (!request->list_fields && !request->help &&
	       (c = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (!take_option(request, c, optarg))
			return usage(-1);
		if (c == 's' && check_sort(request) < 0)
			return -1;
	}
	return 0;
}

static int read_ctid(const char *text, uint32_t *ret)
{
	auto_free char *conf_dir = vz_conf_dir(NULL);
	int64_t id;

	if (num_parse(text, "", 1, CTID_MAX, &id, NULL) == 0) {
		*ret = (uint32_t)id;
		return 0;
	}
	if (conf_dir && ctid_find(conf_dir, text, ret, NULL) > 0)
		return 0;
	dprintf(STDERR_FILENO, "CT ID %s is invalid.\n", text);
	return -1;
}

static int read_ctids(struct request *request, int n, char **args, uint32_t **ret)
{
	auto_free uint32_t *ids = calloc((size_t)n + 1, sizeof(*ids));

	for (int i = 0; i < n; i++)
		if (!ids || read_ctid(args[i], &ids[i]) < 0)
			return -1;
	request->listing.ctids = n > 0 ? ids : NULL;
	request->listing.ctids_n = (size_t)n;
	*ret = steal_ptr(&ids);
	return 0;
}

static int bad_field(const char *name, size_t len)
{
	if (len > FIELD_NAME_MAX)
		dprintf(STDERR_FILENO, "Invalid field: %s\n", name);
	else
		dprintf(STDERR_FILENO, "Unknown field: %.*s\n", (int)len, name);
	return -1;
}

static int read_fields(struct request *request)
{
	struct listing *listing = &request->listing;
	const char *fields = request->fields, *bad;
	size_t len;

	if (!fields && listing->json)
		return 0;
	if (column_parse(fields ? fields : LISTING_COLUMNS, &listing->columns, &listing->columns_n,
			 &bad, &len) < 0)
		return bad_field(bad ? bad : "", len);
	for (size_t i = 0; listing->json && i < listing->columns_n; i++) {
		if (!(listing->columns[i]->traits & COLUMN_PART))
			continue;
		dprintf(STDERR_FILENO, "Field `%s' is not available in JSON output\n",
			listing->columns[i]->name);
		return -1;
	}
	return 0;
}

/* ---- the list ---- */

static int not_found(const struct request *request)
{
	const struct strbuf none = { .text = (char[]){ "[]\n" }, .len = 3 };

	if (request->listing.json)
		print(&none);
	else
		dprintf(STDERR_FILENO, "Container(s) not found\n");
	return request->listing.ctids ? FAILED : 0;
}

static int print_list(const struct request *request)
{
	const struct container_settings set = { .root = CONTAINER_DEFAULT_ROOT };
	auto_strbuf struct strbuf sb = { 0 };
	auto_vz struct vz *vz = NULL;
	struct err err = { 0 };
	size_t found = 0;

	if (vz_load(NULL, &set, NULL, &vz, &err) < 0 ||
	    listing_make(&request->listing, vz, &sb, &found, &err) < 0 ||
	    (found > 0 && output_write(&sb, &err) < 0)) {
		dprintf(STDERR_FILENO, "vzlist: %s\n", err.msg);
		return FAILED;
	}
	return found > 0 ? 0 : not_found(request);
}

int face_vzlist(int argc, char **argv)
{
	struct request request = { .listing.openvz = true };
	auto_free uint32_t *ctids = NULL;
	int status = FAILED;

	log_open(NULL, false, LOG_LEVEL_ERROR, NULL);
	if (read_options(&request, argc, argv) < 0)
		return FAILED;
	if (request.help)
		return usage(0);
	if (request.list_fields) {
		auto_strbuf struct strbuf sb = { 0 };

		column_list(&sb);
		print(&sb);
		return 0;
	}
	if (read_ctids(&request, argc - optind, argv + optind, &ctids) < 0)
		return FAILED;
	if (read_fields(&request) == 0) {
		if (geteuid() == 0)
			status = print_list(&request);
		else
			dprintf(STDERR_FILENO, "This program can only be run under root.\n");
	}
	free(request.listing.columns);
	return status;
}
