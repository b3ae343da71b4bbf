/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * later: what the kernel would let a verb wait for its grace periods (10 ms and more) is left to a
 * child that outlives the verb by some 50 ms. It holds nothing of the caller's but one socket, sends
 * no signal, and nobody waits for it. Not for use outside netsetup/.
 */
#ifndef NETSETUP_LATER_H
#define NETSETUP_LATER_H

#include <stdbool.h>

/* Clones the child: true in it, LATER_MSEC after, with no fd open but `fd` and all signals blocked; it
 * ends by _exit(2). False in the caller, whether there is a child (*ret_cloned) or there can be none. */
#define LATER_MSEC 50
bool later_child(int fd, bool *ret_cloned);

#endif
