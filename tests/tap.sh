# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # tap_over is for who sets things up
# TAP for the tests written in bash. Each of these statements prints one result line:
#
#   check NAME CMD...          passes if CMD succeeds:   check "is gone" test ! -e "$file"
#   is NAME GOT EXPECTED       passes if they are equal
#   like NAME GOT REGEX        passes if GOT matches the extended regular expression
#   unlike NAME GOT REGEX      the opposite
#   skip NAME REASON           counts as skipped; REASON says what the machine lacks
#
# tap_exit ends the file, tap_skip_all and tap_bail end it before its first test.

tap_count=0
tap_failed=0
tap_over= # whether the plan, or the reason why there is none, was printed
tap_prefix= # put before each name

tap_line() # ok|not-ok NAME [DIRECTIVE]
{
	local name="${tap_prefix:+$tap_prefix: }$2"
	tap_count=$((tap_count + 1))
	[ "$1" = ok ] || tap_failed=$((tap_failed + 1))
	printf '%s %d - %s%s\n' "${1/-/ }" "$tap_count" "${name//\#/}" "${3:+ # $3}"
}

tap_note() # TEXT...: comments
{
	printf '%s\n' "$@" | sed 's/^/# /'
}

tap_exit()
{
	tap_over=1
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}

tap_skip_all() # REASON: the machine can't run this file
{
	tap_over=1
	echo "1..0 # SKIP $*"
	exit 0
}

tap_bail() # REASON: the file can't go on, and that is a failure
{
	tap_over=1
	echo "Bail out! $*"
	exit 1
}

check()
{
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		tap_line ok "$name"
	else
		tap_line not-ok "$name"
		tap_note "failed: $*" ${output:+"$output"}
	fi
}

is()
{
	if [ "$2" = "$3" ]; then
		tap_line ok "$1"
	else
		tap_line not-ok "$1"
		tap_note "got:      $2" "expected: $3"
	fi
}

like()
{
	if [[ $2 =~ $3 ]]; then
		tap_line ok "$1"
	else
		tap_line not-ok "$1"
		tap_note "got:            $2" "does not match: $3"
	fi
}

unlike()
{
	if [[ $2 =~ $3 ]]; then
		tap_line not-ok "$1"
		tap_note "got:     $2" "matches: $3"
	else
		tap_line ok "$1"
	fi
}

skip()
{
	if [ -n "${2:-}" ]; then
		tap_line ok "$1" "SKIP $2"
	else
		tap_line not-ok "$1: a skip must give its reason"
	fi
}
