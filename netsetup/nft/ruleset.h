/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset: the chains and rules of our tables, as text for libnftables.
 */
#ifndef NETSETUP_NFT_RULESET_H
#define NETSETUP_NFT_RULESET_H

#include <stdbool.h>
#include <stddef.h>

/* Each is one transaction, which leaves the elements of sets that are there, and puts its rules in
 * the place of what was in its chains. */
struct ruleset_part {
	const char *text;
	bool optional; /* a kernel without it has the rest */
};
extern const struct ruleset_part ruleset_parts[];
extern const size_t ruleset_n_parts;

/* The kernel's modules that the statements of a line want, as a list for an error's text; NULL: none
 * that could be missing alone. */
const char *ruleset_modules(const char *line);

#endif
