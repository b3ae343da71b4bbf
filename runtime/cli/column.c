/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/column.h"

#include <limits.h>
#include <string.h>

#include "runtime/ct/limit_value.h"

enum get {
	GET_ID,
	GET_TEXT, /* of the conf's key */
	GET_WORDS,
	GET_SWITCHES,
	GET_NUMBER,
	GET_IO, /* a number with a suffix, of which 0 is none */
	GET_YES,
	GET_PRIVATE,
	GET_ROOT,
	GET_NAME,
	GET_NAME_OR_ID,
	GET_ADDRESSES,
	GET_STATUS,
	GET_UBC,
	GET_DISK,
	GET_LOADS,
	GET_UPTIME,
	GET_CPULIMIT,
	GET_CPUUNITS,
	GET_ONBOOT,
	GET_LAYOUT,
	GET_VSWAP,
	GET_FACTOR,
	GET_N,
};

/* arg of GET_UBC and GET_DISK: which, and which number of it. */
#define ARG(which, part) ((which) << 3 | (part))
#define UBC_ROW(name, header, which, need, part, flags, traits)                      \
	{                                                                            \
		name, header, "", 10, GET_UBC, ARG(which, part), flags, need, traits \
	}
#define UBC_ROWS(name, header, which, need)                                             \
	UBC_ROW(name, header, which, need, 0, 0, 0),                                    \
		UBC_ROW(name ".m", header ".M", which, need, 1, CELL_ONE, COLUMN_PART), \
		UBC_ROW(name ".b", header ".B", which, need, 2, CELL_ONE, COLUMN_PART), \
		UBC_ROW(name ".l", header ".L", which, need, 3, CELL_ONE, COLUMN_PART), \
		UBC_ROW(name ".f", header ".F", which, need, 4, CELL_ONE, COLUMN_PART)
#define DISK_ROWS(name, header, which)                                                            \
	{ name, header, "", 10, GET_DISK, ARG(which, 0), 0, 0, 0 }, { name ".s",  header ".S",    \
								      "",         10,             \
								      GET_DISK,   ARG(which, 1),  \
								      CELL_ONE,   0,              \
								      COLUMN_PART },              \
	{                                                                                         \
		name ".h", header ".H", "", 10, GET_DISK, ARG(which, 2), CELL_ONE, 0, COLUMN_PART \
	}

/* clang-format off */
const struct column column_table[] = {
	{ "ctid", "CTID", "", 10, GET_ID, 0, 0, 0, 0 },
	{ "veid", "CTID", "", 10, GET_ID, 0, 0, 0, COLUMN_ALIAS },
	{ "vpsid", "CTID", "", 10, GET_ID, 0, 0, 0, COLUMN_ALIAS },
	{ "private", "PRIVATE", "", -32, GET_PRIVATE, 0, CELL_CUT, 0, 0 },
	{ "root", "ROOT", "", -32, GET_ROOT, 0, CELL_CUT, 0, 0 },
	{ "mount_opts", "MOUNT_OPTS", "MOUNT_OPTS", -16, GET_TEXT, 0, CELL_CUT, 0, 0 },
	{ "origin_sample", "ORIGIN_SAMPLE", "ORIGIN_SAMPLE", -32, GET_TEXT, 0, CELL_CUT, 0,
	  COLUMN_HEAD_RIGHT },
	{ "hostname", "HOSTNAME", "HOSTNAME", -32, GET_TEXT, 0, CELL_CUT, 0, 0 },
	{ "name", "NAME", "", -32, GET_NAME, 0, CELL_CUT, 0, 0 },
	{ "smart_name", "SMARTNAME", "", 10, GET_NAME_OR_ID, 0, CELL_CUT, 0, 0 },
	{ "description", "DESCRIPTION", "DESCRIPTION", -32, GET_TEXT, 0, CELL_CUT, 0, 0 },
	{ "ostemplate", "OSTEMPLATE", "OSTEMPLATE", -32, GET_TEXT, 0, CELL_CUT, 0, 0 },
	{ "ip", "IP_ADDR", "", -15, GET_ADDRESSES, 0, CELL_CUT | CELL_EMPTY_LIST, 0, 0 },
	{ "nameserver", "NAMESERVER", "NAMESERVER", -15, GET_WORDS, 0, CELL_CUT | CELL_EMPTY_LIST,
	  0, 0 },
	{ "searchdomain", "SEARCHDOMAIN", "SEARCHDOMAIN", -15, GET_WORDS, 0,
	  CELL_CUT | CELL_EMPTY_LIST, 0, 0 },
	{ "status", "STATUS", "", -9, GET_STATUS, 0, 0, 0, 0 },
	UBC_ROWS("kmemsize", "KMEMSIZE", UBC_KMEMSIZE, 0),
	UBC_ROWS("lockedpages", "LOCKEDP", UBC_LOCKEDPAGES, 0),
	UBC_ROWS("privvmpages", "PRIVVMP", UBC_PRIVVMPAGES, 0),
	UBC_ROWS("shmpages", "SHMP", UBC_SHMPAGES, 0),
	UBC_ROWS("numproc", "NPROC", UBC_NUMPROC, CTINFO_PIDS),
	UBC_ROWS("physpages", "PHYSP", UBC_PHYSPAGES, CTINFO_MEMORY),
	UBC_ROWS("vmguarpages", "VMGUARP", UBC_VMGUARPAGES, 0),
	UBC_ROWS("oomguarpages", "OOMGUARP", UBC_OOMGUARPAGES, CTINFO_MEMORY | CTINFO_SWAP),
	UBC_ROWS("numtcpsock", "NTCPSOCK", UBC_NUMTCPSOCK, 0),
	UBC_ROWS("numflock", "NFLOCK", UBC_NUMFLOCK, 0),
	UBC_ROWS("numpty", "NPTY", UBC_NUMPTY, 0),
	UBC_ROWS("numsiginfo", "NSIGINFO", UBC_NUMSIGINFO, 0),
	UBC_ROWS("tcpsndbuf", "TCPSNDB", UBC_TCPSNDBUF, 0),
	UBC_ROWS("tcprcvbuf", "TCPRCVB", UBC_TCPRCVBUF, 0),
	UBC_ROWS("othersockbuf", "OTHSOCKB", UBC_OTHERSOCKBUF, 0),
	UBC_ROWS("dgramrcvbuf", "DGRAMRB", UBC_DGRAMRCVBUF, 0),
	UBC_ROWS("numothersock", "NOTHSOCK", UBC_NUMOTHERSOCK, 0),
	UBC_ROWS("dcachesize", "DCACHESZ", UBC_DCACHESIZE, 0),
	UBC_ROWS("numfile", "NFILE", UBC_NUMFILE, 0),
	UBC_ROWS("numiptent", "NIPTENT", UBC_NUMIPTENT, 0),
	UBC_ROWS("swappages", "SWAPP", UBC_SWAPPAGES, CTINFO_SWAP),
	DISK_ROWS("diskspace", "DSPACE", 0),
	DISK_ROWS("diskinodes", "DINODES", 1),
	{ "laverage", "LAVERAGE", "", 14, GET_LOADS, 0, 0, CTINFO_LOAD, 0 },
	{ "uptime", "UPTIME", "", 15, GET_UPTIME, 0, CELL_ZERO_TIME, 0, 0 },
	{ "cpulimit", "CPULIM", "", 7, GET_CPULIMIT, 0, 0, 0, 0 },
	{ "cpuunits", "CPUUNI", "", 7, GET_CPUUNITS, 0, 0, 0, 0 },
	{ "cpus", "CPUS", "CPUS", 5, GET_NUMBER, 0, CELL_ZERO, 0, 0 },
	{ "ioprio", "IOP", "IOPRIO", 3, GET_NUMBER, 0, CELL_ZERO, 0, 0 },
	{ "iolimit", "IOLIMIT", "IOLIMIT", 10, GET_IO, 0, CELL_ZERO, 0, 0 },
	{ "iopslimit", "IOPS", "IOPSLIMIT", 4, GET_IO, 0, CELL_ZERO, 0, 0 },
	{ "onboot", "ONBOOT", "", 6, GET_ONBOOT, 0, 0, 0, 0 },
	{ "bootorder", "BOOTORDER", "BOOTORDER", 10, GET_NUMBER, 0, 0, 0, COLUMN_TIES_BACK },
	{ "layout", "LAYOUT", "", -6, GET_LAYOUT, 0, 0, 0, 0 },
	{ "features", "FEATURES", "FEATURES", -15, GET_SWITCHES, 0, CELL_CUT, 0, 0 },
	{ "vswap", "VSWAP", "", 5, GET_VSWAP, 0, 0, CTINFO_MEMORY, 0 },
	{ "disabled", "DISABL", "DISABLED", 6, GET_YES, 0, 0, 0, 0 },
	{ "vm_overcommit", "VM_OVC", "VM_OVERCOMMIT", 6, GET_FACTOR, 0, CELL_ZERO, 0, 0 },
	{ "netfilter", "NETFILTER", "NETFILTER", -9, GET_TEXT, 0, 0, 0, 0 },
	{ "capability", "CAPABILITY", "CAPABILITY", -15, GET_SWITCHES, 0, CELL_LOWER, 0, 0 },
};
/* clang-format on */
const size_t column_n = ARRAY_SIZE(column_table);

/* ---- values ---- */

static void set_text(const char *text, struct cell *ret)
{
	if (!text)
		return;
	ret->kind = CELL_TEXT;
	ret->text = text;
}

static void set_number(uint64_t number, struct cell *ret)
{
	ret->kind = CELL_NUMBER;
	ret->number = number;
}

static void set_bool(bool yes, struct cell *ret)
{
	ret->kind = CELL_BOOL;
	ret->yes = yes;
}

typedef void (*getter)(const struct column *column, struct ctinfo *info, struct cell *ret);

static void get_id(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_number(info->ctid, ret);
}

static void get_text(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	set_text(ctinfo_conf(info, column->key), ret);
}

static void get_words(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	set_text(ctinfo_conf(info, column->key), ret);
	if (ret->kind == CELL_TEXT)
		ret->kind = CELL_WORDS;
}

static void get_switches(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	set_text(ctinfo_conf(info, column->key), ret);
	if (ret->kind == CELL_TEXT)
		ret->kind = CELL_SWITCHES;
}

static void get_number(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf_or_global(info, column->key);
	uint64_t number;

	if (text && num_parse_u(text, column->key, INT64_MAX, &number, NULL) == 0)
		set_number(number, ret);
}

static void get_io(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf_or_global(info, column->key);
	int64_t limit;

	if (text && limit_parse_iolimit(text, column->key, 1, &limit, NULL) == 0 && limit > 0)
		set_number((uint64_t)limit, ret);
}

static void get_yes(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf(info, column->key);

	set_bool(text && str_eq(text, "yes"), ret);
}

static void get_private(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_text(ctinfo_private(info), ret);
}

static void get_root(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_text(ctinfo_root(info), ret);
}

static void get_name(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_text(ctinfo_name(info), ret);
}

static void get_name_or_id(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	get_name(column, info, ret);
	if (ret->kind == CELL_NONE)
		set_number(info->ctid, ret);
}

static void get_addresses(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_text(ctinfo_addresses(info), ret);
	if (ret->kind == CELL_TEXT)
		ret->kind = CELL_WORDS;
}

static void get_status(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	set_text(ctinfo_status_name(ctinfo_status(info)), ret);
}

static void get_ubc(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	static const char *const names[] = { "held", "maxheld", "barrier", "limit", "failcnt" };
	struct ctinfo_ubc ubc;

	ctinfo_ubc(info, (enum ubc)(column->arg >> 3), &ubc);
	ret->kind = CELL_GROUP;
	ret->group = (struct cell_group){
		.names = names,
		.value = { ubc.held, ubc.maxheld, ubc.barrier, ubc.limit, ubc.failcnt },
		.n = ARRAY_SIZE(names),
		.known = (uint8_t)((ubc.running ? 1 | 2 | 16 : 0) | (ubc.limited ? 4 | 8 : 0)),
		.shown = column->arg & 7,
	};
}

static void get_disk(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	static const char *const names[] = { "usage", "softlimit", "hardlimit" };
	struct ctinfo_disk disk;

	if (!ctinfo_disk(info, column->arg >> 3, &disk))
		return;
	ret->kind = CELL_GROUP;
	ret->group = (struct cell_group){
		.names = names,
		.value = { disk.used, disk.soft, disk.hard },
		.n = ARRAY_SIZE(names),
		.known = (uint8_t)((disk.used_known ? 1 : 0) | 2 | 4),
		.shown = column->arg & 7,
	};
}

static void get_loads(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	if (ctinfo_loads(info, ret->real))
		ret->kind = CELL_LOADS;
}

static void get_uptime(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	(void)column;
	if (ctinfo_uptime(info, ret->real))
		ret->kind = CELL_SECONDS;
}

static void get_cpulimit(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf_or_global(info, "CPULIMIT");
	unsigned int cpus = text && strchr(text, '%') ? ctinfo_host_cpus(info->host) : 1;
	int64_t limit = 0;

	(void)column;
	if ((text && limit_parse_cpulimit(text, "CPULIMIT", cpus, &limit, NULL) == 0) ||
	    info->live || ctinfo_conf_or_global(info, "CPUUNITS"))
		set_number((uint64_t)limit, ret);
}

#define CPUUNITS_DEFAULT 1000

static void get_cpuunits(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf_or_global(info, "CPUUNITS");
	uint64_t number = info->live ? CPUUNITS_DEFAULT : 0;

	(void)column;
	if ((text && num_parse_u(text, "CPUUNITS", INT64_MAX, &number, NULL) == 0) || info->live ||
	    ctinfo_conf_or_global(info, "CPULIMIT"))
		set_number(number, ret);
}

static void get_onboot(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf(info, "ONBOOT");

	(void)column;
	if (text && (str_eq(text, "yes") || str_eq(text, "no")))
		set_bool(text[0] == 'y', ret);
}

/* "ploop:expanded" is ploop. */
static void get_layout(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf_or_global(info, "VE_LAYOUT");

	(void)column;
	set_text(text && str_starts(text, "ploop:") ? "ploop" : text, ret);
}

static void get_vswap(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	struct ctinfo_ubc ram;

	(void)column;
	ctinfo_ubc(info, UBC_PHYSPAGES, &ram);
	set_bool(ram.limited && ram.limit != UBC_UNLIMITED && ram.limit != INT_MAX, ret);
}

static void get_factor(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	const char *text = ctinfo_conf(info, column->key);
	char *end;

	if (!text || strspn(text, "0123456789.") != strlen(text))
		return;
	ret->real[0] = strtod(text, &end);
	if (!*end && ret->real[0] > 0)
		ret->kind = CELL_REAL;
}

static const getter getters[GET_N] = {
	[GET_ID] = get_id,
	[GET_TEXT] = get_text,
	[GET_WORDS] = get_words,
	[GET_SWITCHES] = get_switches,
	[GET_NUMBER] = get_number,
	[GET_IO] = get_io,
	[GET_YES] = get_yes,
	[GET_PRIVATE] = get_private,
	[GET_ROOT] = get_root,
	[GET_NAME] = get_name,
	[GET_NAME_OR_ID] = get_name_or_id,
	[GET_ADDRESSES] = get_addresses,
	[GET_STATUS] = get_status,
	[GET_UBC] = get_ubc,
	[GET_DISK] = get_disk,
	[GET_LOADS] = get_loads,
	[GET_UPTIME] = get_uptime,
	[GET_CPULIMIT] = get_cpulimit,
	[GET_CPUUNITS] = get_cpuunits,
	[GET_ONBOOT] = get_onboot,
	[GET_LAYOUT] = get_layout,
	[GET_VSWAP] = get_vswap,
	[GET_FACTOR] = get_factor,
};

void column_get(const struct column *column, struct ctinfo *info, struct cell *ret)
{
	*ret = (struct cell){ .kind = CELL_NONE };
	getters[column->get](column, info, ret);
}

/* ---- names ---- */

const struct column *column_find(const char *name, size_t len)
{
	for (size_t i = 0; i < column_n; i++)
		if (strlen(column_table[i].name) == len &&
		    memcmp(column_table[i].name, name, len) == 0)
			return &column_table[i];
	return NULL;
}

int column_parse(const char *names, const struct column ***ret, size_t *ret_n, const char **ret_bad,
		 size_t *ret_bad_len)
{
	auto_free const struct column **list = NULL;
	size_t n = 0, len;

	for (;; names += len + 1) {
		const struct column **slot, *column;

		len = strcspn(names, ",");
		column = column_find(names, len);
		slot = column ? mem_append(&list, &n, sizeof(*slot)) : NULL;
		if (!slot) {
			*ret_bad = column ? NULL : names;
			*ret_bad_len = len;
			return -1;
		}
		*slot = column;
		if (!names[len] || !names[len + 1]) /* a comma at the end is none */
			break;
	}
	*ret = steal_ptr(&list);
	*ret_n = n;
	return 0;
}

void column_list(struct strbuf *sb)
{
	for (size_t i = 0; i < column_n; i++)
		strbuf_addf(sb, "%-15s %-15s\n", column_table[i].name, column_table[i].header);
}
