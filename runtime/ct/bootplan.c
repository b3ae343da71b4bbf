/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/bootplan.h"

#include <stdlib.h>

#include "runtime/base/pool.h"
#include "runtime/base/str.h"

#define PER_PROCESSOR 4 /* OpenVZ's */

bool bootplan_wants(const char *onboot, const char *disabled, bool ran)
{
	if (disabled && str_eq(disabled, "yes"))
		return false;
	if (onboot && str_eq(onboot, "yes"))
		return true;
	return ran && !(onboot && str_eq(onboot, "no"));
}

int64_t bootplan_order(const char *text)
{
	int64_t order;

	return text && num_parse(text, "", 0, INT64_MAX, &order, NULL) == 0 ? order : -1;
}

static int compare_up(const void *a, const void *b)
{
	const struct bootplan_ct *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	return (x->ctid > y->ctid) - (x->ctid < y->ctid);
}

static int compare_down(const void *a, const void *b)
{
	return compare_up(b, a);
}

void bootplan_sort(struct bootplan_ct *list, size_t n, bool down)
{
	if (n > 0)
		qsort(list, n, sizeof(*list), down ? compare_down : compare_up);
}

int bootplan_parallel(const char *text, unsigned int processors, unsigned int *ret, struct err *err)
{
	int64_t n = 0;

	if (text && *text && num_parse(text, "VE_PARALLEL", 0, POOL_MAX, &n, err) < 0)
		return -1;
	if (n == 0)
		n = PER_PROCESSOR * (int64_t)(processors ? processors : 1);
	*ret = n > POOL_MAX ? POOL_MAX : (unsigned int)n;
	return 0;
}
