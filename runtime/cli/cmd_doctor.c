/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_doctor: what of this host keeps containers from working, and how to mend it. */
#include "config.h"

#include "runtime/base/json.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/doctor.h"
#include "runtime/cli/output.h"

struct doctor_opts {
	bool json, repair;
};

static const struct cli_option doctor_rows[] = {
	{ "json", 0, CLI_FLAG, 0, offsetof(struct doctor_opts, json), "", "print it as JSON" },
	{ "repair", 0, CLI_FLAG, 0, offsetof(struct doctor_opts, repair), "",
	  "take away what is left over of containers that are gone" },
};
const struct cli_options cmd_doctor_options = CLI_OPTIONS(doctor_rows, struct doctor_opts);

static const char *const level_names[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_PROBLEM] = "problem",
};

static void emit_text(const struct doctor *doctor, struct strbuf *sb)
{
	for (size_t i = 0; i < doctor->n; i++) {
		const struct doctor_finding *at = &doctor->list[i];

		strbuf_addf(sb, "%-8s %-10s %s\n", level_names[at->level], at->check, at->text);
		if (at->mend)
			strbuf_addf(sb, "%19s mend it: %s\n", "", at->mend);
	}
}

static void emit_json(const struct doctor *doctor, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = true };

	json_begin(&w, NULL, '[');
	for (size_t i = 0; i < doctor->n; i++) {
		const struct doctor_finding *at = &doctor->list[i];

		json_begin(&w, NULL, '{');
		json_put_str(&w, "level", level_names[at->level]);
		json_put_str(&w, "check", at->check);
		json_put_str(&w, "text", at->text);
		if (at->mend)
			json_put_str(&w, "mend", at->mend);
		json_put_bool(&w, "mended", at->mended);
		json_end(&w, '}');
	}
	json_end(&w, ']');
	strbuf_add_char(sb, '\n');
}

static bool has_problem(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->n; i++)
		if (doctor->list[i].level == DOCTOR_PROBLEM)
			return true;
	return false;
}

int cmd_doctor(struct cli *cli, struct err *err)
{
	const struct doctor_opts *opts = cli->opts;
	auto_vz struct vz *vz = NULL;
	auto_doctor struct doctor doctor = { .set = &cli->set,
					     .repair = opts->repair,
					     .cts = cli->cts };
	auto_strbuf struct strbuf sb = { 0 };

	if (vz_load(cli->global.config, &cli->set, NULL, &vz, err) < 0)
		return -1;
	doctor.vz = vz;
	doctor_kernel(&doctor);
	doctor_cgroup(&doctor);
	doctor_storage(&doctor);
	doctor_limits(&doctor);
	doctor_leftover(&doctor);
	doctor_net(&doctor);
	if (doctor.failed)
		return err_set(err, ENOMEM, "look at this host: out of memory");
	if (opts->json)
		emit_json(&doctor, &sb);
	else
		emit_text(&doctor, &sb);
	if (has_problem(&doctor))
		cli->status = 1;
	return output_write(&sb, err);
}
