/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copyup: fills a fresh file system with what the image holds in its place (the mount option
 * tmpcopyup). Regular files, folders and links with owner, mode and times; others are left.
 */
#ifndef RUNTIME_KERNEL_COPYUP_H
#define RUNTIME_KERNEL_COPYUP_H

#include "runtime/base/err.h"

/* Copies all below the folder `from` into the folder `to`, by fd, following nothing. */
int copyup_tree(int from, int to, struct err *err);

#endif
