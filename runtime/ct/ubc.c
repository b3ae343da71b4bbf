/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ubc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"

const struct ubc_param ubc_params[UBC_N] = {
	[UBC_KMEMSIZE] = { "KMEMSIZE", "", UBC_BYTES },
	[UBC_LOCKEDPAGES] = { "LOCKEDPAGES", "", UBC_PAGES },
	[UBC_PRIVVMPAGES] = { "PRIVVMPAGES", "", UBC_PAGES },
	[UBC_SHMPAGES] = { "SHMPAGES", "", UBC_PAGES },
	[UBC_NUMPROC] = { "NUMPROC", "", UBC_ITEMS },
	[UBC_PHYSPAGES] = { "PHYSPAGES", "", UBC_PAGES },
	[UBC_VMGUARPAGES] = { "VMGUARPAGES", "", UBC_PAGES },
	[UBC_OOMGUARPAGES] = { "OOMGUARPAGES", "", UBC_PAGES },
	[UBC_NUMTCPSOCK] = { "NUMTCPSOCK", "", UBC_ITEMS },
	[UBC_NUMFLOCK] = { "NUMFLOCK", "", UBC_ITEMS },
	[UBC_NUMPTY] = { "NUMPTY", "", UBC_ITEMS },
	[UBC_NUMSIGINFO] = { "NUMSIGINFO", "", UBC_ITEMS },
	[UBC_TCPSNDBUF] = { "TCPSNDBUF", "", UBC_BYTES },
	[UBC_TCPRCVBUF] = { "TCPRCVBUF", "", UBC_BYTES },
	[UBC_OTHERSOCKBUF] = { "OTHERSOCKBUF", "", UBC_BYTES },
	[UBC_DGRAMRCVBUF] = { "DGRAMRCVBUF", "", UBC_BYTES },
	[UBC_NUMOTHERSOCK] = { "NUMOTHERSOCK", "", UBC_ITEMS },
	[UBC_DCACHESIZE] = { "DCACHESIZE", "DCACHE", UBC_BYTES },
	[UBC_NUMFILE] = { "NUMFILE", "", UBC_ITEMS },
	[UBC_NUMIPTENT] = { "NUMIPTENT", "IPTENTRIES", UBC_ITEMS },
	[UBC_SWAPPAGES] = { "SWAPPAGES", "", UBC_PAGES },
};

#define UNLIMITED "unlimited"

/* Digits, and a fraction if there is one. The long double of the processors that we know holds
 * every integer up to 2^64. */
static bool read_digits(const char **text, long double *ret)
{
	size_t whole = strspn(*text, "0123456789");
	char *end;

	if (whole == 0)
		return false;
	*ret = strtold(*text, &end);
	/* Not what strtold takes besides: 0x10, 1e5. */
	if ((size_t)(end - *text) > whole && (*text)[whole] != '.')
		return false;
	*text += whole;
	if (**text == '.')
		*text += 1 + strspn(*text + 1, "0123456789");
	return *text == end;
}

static long double unit_bytes(enum ubc_unit unit)
{
	if (unit == UBC_PAGES)
		return (long double)sysconf(_SC_PAGESIZE);
	return unit == UBC_KIB ? 1024 : 1;
}

/* 0 for what is no suffix. */
static long double suffix_bytes(char c)
{
	static const char letters[] = "KMGT";
	char upper = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	const char *at = upper ? strchr(letters, upper) : NULL;

	if (at)
		return (long double)(UINT64_C(1) << (10 * (at - letters + 1)));
	if (upper == 'P')
		return unit_bytes(UBC_PAGES);
	return upper == 'B' ? 1 : 0;
}

static bool read_value(const char **text, enum ubc_unit unit, uint64_t *ret)
{
	long double value, factor;

	if (str_starts(*text, UNLIMITED)) {
		*text += strlen(UNLIMITED);
		*ret = UBC_UNLIMITED;
		return true;
	}
	if (!read_digits(text, &value))
		return false;
	factor = suffix_bytes(**text);
	if (factor > 0) {
		if (unit == UBC_ITEMS)
			return false;
		value = value * factor / unit_bytes(unit);
		(*text)++;
	}
	*ret = value >= (long double)UBC_UNLIMITED ? UBC_UNLIMITED : (uint64_t)value;
	return true;
}

bool ubc_parse(const char *text, enum ubc_unit unit, struct ubc_limits *ret)
{
	struct ubc_limits limits;

	if (!read_value(&text, unit, &limits.barrier))
		return false;
	limits.limit = limits.barrier;
	if (*text == ':') {
		text++;
		if (!read_value(&text, unit, &limits.limit))
			return false;
	}
	if (*text)
		return false;
	*ret = limits;
	return true;
}
