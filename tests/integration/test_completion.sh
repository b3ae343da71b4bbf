#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for bash: the candidates are those of the programs' tables, and the CTs that there are.
# shellcheck disable=SC2154 # id is ct.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

bin=$SCRATCH/bin
mkdir "$bin"
for name in vzrun vzctl vzlist; do
	ln -s "$VZRUN" "$bin/$name"
done

# The candidates for the last word of a line, on one line.
complete_line() # WORD...
{
	# shellcheck disable=SC2016 # for the inner shell
	"$BASH" -uc '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		function=$(complete -p "${1##*/}" | sed "s/.*-F \([^ ]*\).*/\1/")
		"$function" "$1" "${!#}" ""
		echo "${COMPREPLY[@]}"' bash "$LIB_DIR/../../conf/vzrun.bash-completion" "$@" 2>&1
}

t_commands_and_options()
{
	is "a command" "$(complete_line "$bin/vzrun" doc)" doctor
	is "all commands" "$(complete_line "$bin/vzrun" '' | tr ' ' '\n' | sort)" \
		"$(vzrun help --list | sed -n 's/^command\t\([^\t]*\).*/\1/p' | sort)"
	is "an option of it" "$(complete_line "$bin/vzrun" doctor --re)" --repair
	is "an option before it" "$(complete_line "$bin/vzrun" --log-f)" --log-format
	is "its value" "$(complete_line "$bin/vzrun" --log-format '')" "text json"
	is "a command behind it" "$(complete_line "$bin/vzrun" --log-format text doc)" doctor
	is "a choice" "$(complete_line "$bin/vzrun" top --sort c)" cpu
	is "of help: a command" "$(complete_line "$bin/vzrun" help doc)" doctor
	is "vzctl's commands" "$(complete_line "$bin/vzctl" chk)" chkpnt
	is "vzctl's options" "$(complete_line "$bin/vzctl" stop 101 --fa)" --fast
	is "vzlist's fields" "$(complete_line "$bin/vzlist" -o numproc.m)" "numproc.m"
}

t_containers()
{
	make_ct --name "web$$"
	is "by number" "$(complete_line "$bin/vzrun" --config "$CT_DIR/vz.conf" --root "$ROOT" start "$id")" "$id"
	is "by name" "$(complete_line "$bin/vzctl" --config "$CT_DIR/vz.conf" --root "$ROOT" start web)" "web$$"
	ct destroy "$id" >/dev/null
}

run_tests "$@"
