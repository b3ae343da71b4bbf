/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reinstall: what ct_reinstall (ct.h) is given. */
#ifndef RUNTIME_CT_REINSTALL_H
#define RUNTIME_CT_REINSTALL_H

#include <stdbool.h>

struct ct_reinstall_opts {
	const char *ostemplate; /* NULL: the CT's own */
	bool skip_backup;       /* the old private area goes */
	bool reset_credentials; /* nothing is taken along from it */
	bool skip_scripts;
};

#endif
