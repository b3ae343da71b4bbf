# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced behind lib.sh: for tests of checkpoints.
#
#   need_criu       skips the test (return) where criu can't work
#   counts FILE     waits until the number in FILE has grown

need_criu()
{
	# criu 3.17 does not understand the vdso of kernels since 6.13 or so.
	criu check >/dev/null 2>&1 || { skip "criu" "criu check fails on this kernel"; return 1; }
}

_grown() # FILE NUMBER
{
	local now
	now=$(<"$1") && [ "${now:-0}" -gt "$2" ]
}

counts()
{
	local before
	before=$(<"$1")
	until_true _grown "$1" "${before:-0}"
}
