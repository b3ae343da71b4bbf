/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firewall_table: what the two who work on nftables' tables must agree on: vznft, which makes the
 * chains and rules, and the firewall, which fills the sets.
 */
#ifndef NETSETUP_FIREWALL_TABLE_H
#define NETSETUP_FIREWALL_TABLE_H

/* In the families inet and bridge. */
#define FIREWALL_TABLE "vzrun"

/* A set that only tells which rules are there: tables without it are missing or were made by an
 * older program. Another number with each change of sets or rules. */
#define FIREWALL_FORMAT "format3"

#endif
