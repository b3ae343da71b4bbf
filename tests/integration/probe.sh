# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced behind lib.sh: puts probe (see probe.c) into $ROOTFS/bin.
#
#   seen FILTER FACT...   what a process in a container that FILTER changes sees of itself
#   fact FACT             the same of the test's own shell

PROBE=${PROBE:-${VZRUN%/*}/tests/integration/probe}
[ -x "$PROBE" ] || tap_bail "$PROBE is missing (make check builds it)"
cp "$PROBE" "$ROOTFS/bin/probe"

seen()
{
	local filter=$1
	shift
	in_container "$filter" probe "$@"
}

fact()
{
	"$PROBE" "$1"
}
