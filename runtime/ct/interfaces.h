/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interfaces: the text of ifupdown's /etc/network/interfaces (interfaces(5); Debian's, busybox's and
 * ifupdown-ng's alike). Pure.
 *
 * ifupdown leaves alone what its files do not name, and only that: of an "inet manual" interface,
 * too, Debian's ifdown flushes the addresses. So lines that bring up an interface of ours are
 * commented out, each behind a mark of its own, and come back when it is no longer ours. What
 * the rest says is not touched.
 */
#ifndef RUNTIME_CT_INTERFACES_H
#define RUNTIME_CT_INTERFACES_H

#include "runtime/base/str.h"
#include "runtime/ct/netfile.h"

/* The text with no line but those of other interfaces, for the NICs that there are (n 0: as it was
 * before us). What it makes of its own output is the same. */
void interfaces_edit(const char *text, const struct netfile_nics *nics, struct strbuf *out);

/* What says of those with DHCP that they shall ask. inet6: does this ifupdown know "inet6 dhcp"? One
 * that doesn't takes the whole file for broken. */
void interfaces_emit_dhcp(const struct netfile_nics *nics, bool inet6, struct strbuf *out);

/* The arguments of its "source" lines, patterns of shells; a "source-directory" one gets a "/" at
 * its end. Relative ones are below /etc/network. A strv, never NULL but for ENOMEM. */
char **interfaces_sources(const char *text);

#endif
