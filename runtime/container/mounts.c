/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mounted into a container that is there already, and taken away again. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/container/state.h"
#include "runtime/kernel/graft.h"
#include "runtime/kernel/ns.h"

struct place {
	struct graft_place graft;
	char *stage;
	struct spec *spec;
};

static void place_done(struct place *place)
{
	fd_closep(&place->graft.init_pidfd);
	fd_closep(&place->graft.mount_ns);
	spec_freep(&place->spec);
	free(place->stage);
}
#define auto_place __attribute__((cleanup(place_done)))
#define PLACE_INIT                                                                         \
	{                                                                                  \
		.graft = { .init_pidfd = -1, .mount_ns = -1 }, .stage = NULL, .spec = NULL \
	}

/* The init is where all is mounted. */
static int open_init(const struct container_state *state, struct graft_place *ret, struct err *err)
{
	char path[48];

	ret->init_pidfd = state_pidfd(state, err);
	if (ret->init_pidfd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", state->pid);
	ret->mount_ns = open(path, O_RDONLY | O_CLOEXEC);
	/* As long as the init is there, the pid is its. */
	if (ret->mount_ns < 0 || proc_pidfd_signal(ret->init_pidfd, 0) < 0)
		return err_sys(err, "open \"%s\"", path);
	return 0;
}

static int place_open(const struct container_settings *set, const char *id, struct place *ret,
		      struct err *err)
{
	auto_container_state struct container_state *state = NULL;

	if (container_load(set, id, &state, err) < 0 ||
	    container_load_spec(set, id, &ret->spec, err) < 0)
		return -1;
	if (!spec_ns_new(ret->spec, NS_USER) || !spec_ns_new(ret->spec, NS_MOUNT))
		return err_set(err, ERR_UNSUPPORTED,
			       "the container has no user and mount namespaces of its own");
	ret->stage = str_dupf("%s/%s", set->root, id);
	if (!ret->stage)
		return err_sys(err, "mount into the container");
	ret->graft.stage = ret->stage;
	return open_init(state, &ret->graft, err);
}

/* An id that the container has not is its root's. */
static uint32_t host_id(const struct spec_id_maps *maps, uint32_t id)
{
	for (size_t i = 0; i < maps->n; i++)
		if (id >= maps->map[i].container_id &&
		    id - maps->map[i].container_id < maps->map[i].size)
			return maps->map[i].host_id + (id - maps->map[i].container_id);
	return id == 0 ? 0 : host_id(maps, 0);
}

/* Owners on disk are as the container counts. Where the file system can't map them they stay the
 * host's. */
static int open_source(const struct container_mount *mount, int userns, struct err *err)
{
	int tree = graft_open(mount->source, mount->attr, userns, err);

	if (tree >= 0 || err->code != EINVAL)
		return tree;
	log_warning(
		"\"%s\" can't be mapped into the container's ids: inside, its files are nobody's",
		mount->source);
	return graft_open(mount->source, mount->attr, -1, err);
}

struct items {
	struct graft_item *list;
	size_t n;
};

static void items_done(struct items *items)
{
	for (size_t i = 0; i < items->n; i++)
		fd_closep(&items->list[i].tree);
	free(items->list);
}
#define auto_items __attribute__((cleanup(items_done)))

static int fill(struct graft_item *item, const struct container_mount *mount,
		const struct spec_linux *lin, int userns, struct err *err)
{
	*item = (struct graft_item){
		.target = mount->target,
		.tree = -1,
		.mode = mount->mode,
		.rdev = mount->rdev,
		.uid = host_id(&lin->uid_mappings, mount->uid),
		.gid = host_id(&lin->gid_mappings, mount->gid),
	};
	if (!mount->source)
		return 0;
	item->tree = open_source(mount, userns, err);
	return item->tree < 0 ? -1 : 0;
}

int container_mount(const struct container_settings *set, const char *id,
		    const struct container_mount *list, size_t n, struct err *err)
{
	auto_place struct place place = PLACE_INIT;
	auto_items struct items items = { .list = calloc(n + 1, sizeof(*items.list)) };
	const struct spec_linux *lin;
	auto_fd int userns = -1;

	if (!items.list)
		return err_sys(err, "mount into the container");
	if (n == 0)
		return 0;
	if (place_open(set, id, &place, err) < 0)
		return -1;
	lin = &place.spec->lin;
	userns = ns_user_fd(&lin->uid_mappings, &lin->gid_mappings, err);
	if (userns < 0)
		return -1;
	for (; items.n < n; items.n++)
		if (fill(&items.list[items.n], &list[items.n], lin, userns, err) < 0)
			return -1;
	return graft_add(&place.graft, items.list, items.n, err);
}

int container_unmount(const struct container_settings *set, const char *id,
		      const char *const *targets, size_t n, struct err *err)
{
	auto_place struct place place = PLACE_INIT;

	if (n == 0)
		return 0;
	return place_open(set, id, &place, err) < 0 ? -1 :
						      graft_remove(&place.graft, targets, n, err);
}
