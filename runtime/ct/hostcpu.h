/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostcpu: the host's own share of the CPUs against all its CTs, in OpenVZ's units: CPUUNITS of
 * conf/0.conf, else VE0CPUUNITS of vz.conf.
 *
 * All CTs are below one cgroup. The host's services are that one's siblings with the kernel's
 * weight, 100, so a host with twice the usual 1000 units is one whose CTs weigh half.
 */
#ifndef RUNTIME_CT_HOSTCPU_H
#define RUNTIME_CT_HOSTCPU_H

#include "runtime/ct/vz.h"

/* "8" to "500000", and the weight that the CTs then have together. ERR_INPUT. Pure. */
int hostcpu_parse(const char *units, const char *what, unsigned int *ret_weight, struct err *err);

/* In force at once. VZ_SET_CPU. */
int hostcpu_set(const struct vz *vz, const char *units, const char *what, struct err *err);
/* In conf/0.conf. */
int hostcpu_save(const struct vz *vz, const char *units, struct err *err);

/* Puts in force what is kept, as at the start of the host: where there is nothing, nothing. */
int hostcpu_restore(const struct vz *vz, struct err *err);

#endif
