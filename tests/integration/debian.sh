# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced behind lib.sh and ct.sh: Debian trees with systemd (debian-tree).
#
#   have_archive  sets $ARCHIVE, or skips all of the file
#   boot          starts $id, and waits until its systemd is done
#   is_down       whether $id is

# shellcheck disable=SC2034,SC2154 # ARCHIVE is for the tests, id is ct.sh's

# In the network namespace of the host, which lib.sh left and its parent is in.
have_archive()
{
	command -v debootstrap >/dev/null || tap_skip_all "debootstrap is missing (./bootstrap deps installs it)"
	ARCHIVE=$(nsenter --net="/proc/$PPID/ns/net" "$LIB_DIR/debian-tree" 2>"$SCRATCH/debootstrap.log") || {
		tap_note "$(<"$SCRATCH/debootstrap.log")"
		tap_skip_all "debootstrap can't make a Debian tree here, and there is none"
	}
}

_is_up()
{
	[[ $(ct exec "$id" systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

boot()
{
	ct start "$id" >/dev/null || return
	until_true _is_up
}

is_down()
{
	[[ $(ct status "$id") == *down ]]
}
