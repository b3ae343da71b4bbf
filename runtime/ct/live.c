/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/live.h"

#include "runtime/base/fd.h"
#include "runtime/ct/ctnet.h"

int live_load(const struct ct *ct, struct container_state **ret, struct err *err)
{
	struct err why = { 0 };

	*ret = NULL;
	if (container_load(ct->vz->set, ct->id, ret, &why) == 0)
		return 0;
	if (why.code == ERR_NOT_FOUND)
		return 0;
	if (err)
		*err = why;
	return -1;
}

bool live_is_running(const struct container_state *live)
{
	return live && (live->status == STATUS_RUNNING || live->status == STATUS_PAUSED);
}

int live_check(const struct ct *ct, bool *ret, struct err *err)
{
	auto_container_state struct container_state *live = NULL;

	if (live_load(ct, &live, err) < 0)
		return -1;
	*ret = live_is_running(live);
	return 0;
}

int live_clear(const struct ct *ct, struct err *err)
{
	auto_fd int netns = ctnet_hold(ct);

	if (container_delete(ct->vz->set, ct->id, true, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	return ctnet_give_back(ct, netns, err) < 0 ? -1 : ctnet_down(ct, err);
}
