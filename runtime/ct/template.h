/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template: root file systems that CTs share, each unpacked once into a folder of TEMPLATE and
 * never changed after that.
 *
 * The folder is TEMPLATE/NAME. An archive that was replaced by another of the same name is
 * unpacked beside it, as NAME@2 and so on, since CTs go on using the first. Which archive a
 * folder came from is kept as its attribute trusted.vzrun.archive (its size and time). A folder
 * appears complete or not at all.
 */
#ifndef RUNTIME_CT_TEMPLATE_H
#define RUNTIME_CT_TEMPLATE_H

#include "runtime/base/err.h"
#include "runtime/ct/vz.h"

/* Finds what --ostemplate names: a file of an archive (it has a "/" or ends in .tar, .tar.gz, …),
 * the name of one in TEMPLATE/cache, of an unpacked template whose archive is gone, or
 * "minimal". Unpacks it where that is still to be done; *ret_folder becomes the name of its
 * folder in TEMPLATE, *ret_name what OSTEMPLATE in the conf shall be.
 * VZ_ERR(VZ_NO_TEMPLATE), VZ_ERR(VZ_BAD_TEMPLATE). */
int template_get(const struct vz *vz, const char *ostemplate, char **ret_folder, char **ret_name,
		 struct err *err);

/* "debian-12" for "/a/debian-12.tar.gz", in fresh memory; NULL: ERR_INPUT. Pure. */
char *template_name(const char *ostemplate, struct err *err);

#endif
