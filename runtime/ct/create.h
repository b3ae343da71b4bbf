/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create: what ct_create (ct.h) is given. */
#ifndef RUNTIME_CT_CREATE_H
#define RUNTIME_CT_CREATE_H

#include "runtime/ct/set.h"

struct ct_create_opts {
	const char *ostemplate, *config, *layout; /* each may be NULL */
	const char *local_uid, *local_gid;        /* where its ids begin; NULL: it gets free ones */
	struct set_opts set;                      /* its given and ifname count */
};

#endif
