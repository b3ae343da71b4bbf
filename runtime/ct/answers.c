/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/answers.h"

#include <errno.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/feature.h"

int answers_read(const struct ct *ct, const struct device_list *devices, struct compile_input *ret,
		 struct err *err)
{
	const char *features = conf_get(ct->conf, "FEATURES");
	bool nesting;

	if (feature_is_on(features, "sysinfo", &ret->answer_sysinfo, err) < 0 ||
	    feature_is_on(features, "nesting", &nesting, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	for (size_t i = 0; i < devices->n && !nesting; i++)
		ret->answer_mknod |= device_has_node(&devices->list[i]);
	return 0;
}

static bool has_rule(const struct spec *spec, enum spec_seccomp_action action, const char *call)
{
	const struct spec_seccomp *sec = &spec->lin.seccomp;

	for (size_t i = 0; i < sec->rules_n; i++)
		for (char *const *name = sec->rules[i].names; *name; name++)
			if (sec->rules[i].action == action && str_eq(*name, call))
				return true;
	return false;
}

static bool notifies(const struct spec *spec, const char *call)
{
	return has_rule(spec, SECCOMP_DO_NOTIFY, call);
}

int answers_change(const struct ct *ct, const struct device_list *devices, struct err *err)
{
	auto_free char *listener = container_answerer_socket(ct->vz->set, ct->id);
	auto_strbuf struct strbuf section = { 0 };
	auto_spec struct spec *spec = NULL;
	struct compile_input in = { .listener = listener };

	if (answers_read(ct, devices, &in, err) < 0 ||
	    container_load_spec(ct->vz->set, ct->id, &spec, err) < 0)
		return -1;
	/* These wait for the next start. */
	in.answer_sysinfo = notifies(spec, "sysinfo");
	in.guard.no_core_handler = compile_no_core_handler(&spec->process);
	in.guard.keys = !has_rule(spec, SECCOMP_DO_ERRNO, "keyctl");
	if (!in.answer_mknod || notifies(spec, "mknodat"))
		return 0;
	if (listener)
		compile_seccomp(&in, &section);
	if (!listener || section.failed)
		return err_set(err, ENOMEM, "answer mknod(2): out of memory");
	return container_set_seccomp(ct->vz->set, ct->id, section.text, err);
}
