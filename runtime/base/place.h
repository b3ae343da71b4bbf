/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place: where this process is: its mount namespace, root and working folder; to come back from a
 * visit to another mount namespace.
 */
#ifndef RUNTIME_BASE_PLACE_H
#define RUNTIME_BASE_PLACE_H

#include "runtime/base/err.h"

struct place {
	int ns, root, cwd;
};
#define PLACE_NONE         \
	{                  \
		-1, -1, -1 \
	}
void place_done(struct place *at);
#define auto_place __attribute__((cleanup(place_done)))

int place_open(struct place *at, struct err *err);
int place_return(const struct place *at, struct err *err);

#endif
