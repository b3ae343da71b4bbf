/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image: what a folder of criu's images needs besides them (vzrun.json): the mounts that come from
 * outside of the container, and what its init has for stdio.
 */
#ifndef RUNTIME_CONTAINER_IMAGE_H
#define RUNTIME_CONTAINER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/container/container.h"
#include "runtime/spec/spec.h"

#define IMAGE_FILE "vzrun.json"

enum image_kind {
	IMAGE_NODE,   /* a device node: made anew */
	IMAGE_CGROUP, /* the container's own */
	IMAGE_BIND,   /* of the host's: by the spec, by `grafts`, or there below the root */
};

struct image_mount {
	char *target; /* absolute, in the container */
	enum image_kind kind;
	uint64_t attr; /* MOUNT_ATTR_… */
	mode_t mode;   /* of a node: type and permissions */
	dev_t rdev;
	uid_t uid; /* as the host counts */
	gid_t gid;
};

struct image {
	struct image_mount *mounts;
	size_t mounts_n;
	char *stdio[3]; /* criu's key of what comes from outside, else "" */
};
void image_free(struct image *image);
MEM_DEFINE_CLEANUP(struct image, image_free)
#define auto_image __attribute__((cleanup(image_freep)))

/* Of the running container. */
int image_look(const struct container_state *state, const struct spec *spec,
	       const struct container_mount *grafts, size_t grafts_n, struct image **ret,
	       struct err *err);

/* Is that stdio something that was given to the container, and will be again? */
bool image_is_outside(const char *stdio);

int image_save(int dir_fd, const struct image *image, struct err *err);
/* ERR_NOT_FOUND: there is none, so they are not of ours. */
int image_load(int dir_fd, struct image **ret, struct err *err);

/* In a user namespace of its own the container's root reads the images itself, when criu restores:
 * they get its group, which nobody else has. */
int image_lend(int dir_fd, const struct spec *spec, struct err *err);

/* Where a bind mount comes from; NULL: nothing says. */
const struct spec_mount *image_spec_bind(const struct spec *spec, const char *target);
const struct container_mount *image_graft(const struct container_mount *grafts, size_t n,
					  const char *target);

#endif
