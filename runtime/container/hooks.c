/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/hooks.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/spawn.h"

/* The state as a file to read from: a hook that reads none of it, or late, blocks nobody. */
static int state_file(const struct container_state *state, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_fd int fd = memfd_create("state", MFD_CLOEXEC);

	container_state_emit(state, false, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "out of memory");
	if (fd < 0 || fd_write_all(fd, text.text, text.len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "prepare its input");
	return steal_fd(&fd);
}

static int run_hook(const struct spec_hook *hook, const struct container_state *state,
		    struct err *err)
{
	auto_fd int input = state_file(state, err);
	struct spawn spawn = {
		.path = hook->path,
		.args = hook->args,
		.env = hook->env,
		.input = input,
		.timeout_sec = hook->timeout_sec,
	};

	return input < 0 ? -1 : spawn_run(&spawn, err);
}

int hooks_run(const struct spec *spec, enum spec_hook_kind kind,
	      const struct container_state *state, struct err *err)
{
	const struct spec_hooks *hooks = &spec->hooks[kind];

	for (size_t i = 0; i < hooks->n; i++)
		if (run_hook(&hooks->list[i], state, err) < 0)
			return err_wrap(err, "%s hook %zu \"%.200s\"", spec_hook_names[kind], i,
					hooks->list[i].path);
	return 0;
}

void hooks_run_all(const struct spec *spec, enum spec_hook_kind kind,
		   const struct container_state *state)
{
	const struct spec_hooks *hooks = &spec->hooks[kind];
	struct err err;

	for (size_t i = 0; i < hooks->n; i++)
		if (run_hook(&hooks->list[i], state, &err) < 0)
			log_warning("%s hook %zu \"%s\": %s, ignoring", spec_hook_names[kind], i,
				    hooks->list[i].path, err.msg);
}
