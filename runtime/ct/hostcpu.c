/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/hostcpu.h"

#include <errno.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"

#define UNITS_MIN 8
#define UNITS_MAX 500000
#define UNITS_USUAL 1000
#define WEIGHT_USUAL 100
#define WEIGHT_MAX 10000

int hostcpu_parse(const char *units, const char *what, unsigned int *ret_weight, struct err *err)
{
	unsigned int weight;
	int64_t n;

	if (num_parse(units, what, UNITS_MIN, UNITS_MAX, &n, err) < 0)
		return -1;
	weight = WEIGHT_USUAL * UNITS_USUAL / (unsigned int)n;
	weight = weight < 1 ? 1 : weight;
	*ret_weight = weight > WEIGHT_MAX ? WEIGHT_MAX : weight;
	return 0;
}

static int put_in_force(unsigned int weight, struct err *err)
{
	if (container_weigh_all(weight, err) == 0)
		return 0;
	err_wrap(err, "set the host's CPU units");
	return vz_fail(err, VZ_SET_CPU);
}

int hostcpu_set(const struct vz *vz, const char *units, const char *what, struct err *err)
{
	unsigned int weight;

	if (hostcpu_parse(units, what, &weight, err) < 0)
		return -1;
	vz_sayf(vz, "Setting CPU units: %s", units);
	return put_in_force(weight, err);
}

static int load(const char *path, struct conf **ret, struct err *err)
{
	if (conf_load(path, ret, err) == 0)
		return 0;
	if (err->code != ENOENT)
		return vz_fail(err, VZ_BAD_CONF);
	*ret = conf_new();
	return *ret ? 0 : err_sys(err, "read \"%s\"", path);
}

int hostcpu_save(const struct vz *vz, const char *units, struct err *err)
{
	auto_free char *path = str_dupf("%s/0.conf", vz->conf_dir);
	auto_conf struct conf *conf = NULL;
	const char *old;

	if (!path)
		return err_sys(err, "save the host's configuration");
	if (path_mkdirs(vz->conf_dir, 0755, err) < 0 || load(path, &conf, err) < 0)
		return -1;
	old = conf_get(conf, "CPUUNITS");
	if (old && str_eq(old, units)) {
		vz_sayf(vz, "No changes in CT configuration, not saving");
		return 0;
	}
	if (conf_set(conf, "CPUUNITS", units, err) < 0 || conf_save(conf, path, err) < 0)
		return -1;
	vz_sayf(vz, "CT configuration saved to %s", path);
	return 0;
}

int hostcpu_restore(const struct vz *vz, struct err *err)
{
	auto_free char *path = str_dupf("%s/0.conf", vz->conf_dir);
	auto_conf struct conf *conf = NULL;
	const char *units, *what;
	unsigned int weight;

	if (!path)
		return err_sys(err, "read the host's configuration");
	if (load(path, &conf, err) < 0)
		return -1;
	what = path;
	units = conf_get(conf, "CPUUNITS");
	if (!units) {
		what = "VE0CPUUNITS";
		units = vz_get(vz, what);
	}
	if (!units || !*units)
		return 0;
	if (hostcpu_parse(units, what, &weight, err) < 0)
		return -1;
	/* What the kernel has by itself needs no controller. */
	return weight == WEIGHT_USUAL ? 0 : put_in_force(weight, err);
}
