#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Resource limits and oom_score_adj.
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

with_limits() # "NAME SOFT HARD"...: the limits inside, where these are set
{
	local list='[]' name soft hard
	while read -r name soft hard; do
		list+=" + [{type: \"RLIMIT_$name\", soft: \"$soft\", hard: \"$hard\"}]"
	done < <(printf '%s\n' "$@")
	new_id
	make_bundle "$SCRATCH/$id" ".process.rlimits = $list" probe rlimits
	# jq can't hold the number that means unlimited.
	sed -Ei 's/"(soft|hard)": "unlimited"/"\1": 18446744073709551615/
		s/"(soft|hard)": "([0-9]+)"/"\1": \2/' "$SCRATCH/$id/config.json"
	vzrun run --bundle "$SCRATCH/$id" "$id"
}

limit_of() # NAME: from probe's rlimits
{
	tr ' ' '\n' | sed -n "s/^$1=//p"
}

without_sys_resource()
{
	setpriv --bounding-set -sys_resource --inh-caps -sys_resource "$@"
}

t_limits_are_those_of_the_spec()
{
	local filter='.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200},
		{type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_NPROC", soft: 50, hard: 60},
		{type: "RLIMIT_STACK", soft: 4194304, hard: 8388608}]' out
	out=$(seen "$filter" rlimits)
	like "NOFILE" " $out " ' NOFILE=100:200 '
	like "CORE" " $out " ' CORE=0:0 '
	like "NPROC" " $out " ' NPROC=50:60 '
	like "STACK" " $out " ' STACK=4194304:8388608 '
}

t_every_limit_can_be_set()
{
	local limit name soft hard ask=() expect=()
	for limit in $(fact rlimits); do
		name=${limit%=*}
		IFS=: read -r soft hard <<<"${limit#*=}"
		# Less than ours, where there is less.
		[ "$soft" = 0 ] || [ "$soft" = unlimited ] || soft=$((soft - 1))
		[ "$soft" != unlimited ] || soft=1000000000000
		ask+=("$name $soft $hard")
		expect+=("$name=$soft:$hard")
	done
	is "number of limits" "${#ask[@]}" 16
	is "limits" "$(with_limits "${ask[@]}")" "${expect[*]}"
}

t_infinity_is_a_limit()
{
	like "CORE" " $(ulimit -Hc unlimited && with_limits "CORE unlimited unlimited") " ' CORE=unlimited:unlimited '
}

t_limits_that_are_not_given_are_the_callers()
{
	is "NOFILE" "$(ulimit -n 321 && seen '.process.rlimits = []' rlimits | limit_of NOFILE)" 321:321
}

t_raising_a_hard_limit_needs_the_capability()
{
	make_bundle "$SCRATCH/raise" '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 600}]' true
	raise()
	{
		ulimit -n 500
		without_sys_resource "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/raise" raise
	}
	try raise
	is "status" "$status" 1
	like "message" "$err" 'limit.*CAP_SYS_RESOURCE.*Operation not permitted|NOFILE.*not permitted.*CAP_SYS_RESOURCE'
	try vzrun state raise
	is "nothing was made" "$status" 1
}

t_own_user_namespace_has_limits_too()
{
	like "NOFILE" "$(seen '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]' rlimits)" ' NOFILE=100:200 '
}

t_exec_sets_the_limits_of_the_container()
{
	make_bundle "$SCRATCH/exec" '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]' sleep 1000
	vzrun run --detach --bundle "$SCRATCH/exec" limits
	like "NOFILE" "$(vzrun exec limits probe rlimits)" ' NOFILE=100:200 '
	vzrun delete --force limits
}

t_oom_score_adj_is_set()
{
	is "given" "$(seen '.process.oomScoreAdj = 321' oom_score_adj)" 321
	is "zero" "$(seen '.process.oomScoreAdj = 0' oom_score_adj)" 0
}

t_oom_score_adj_is_the_callers_where_not_given()
{
	is "inherited" "$(echo 77 >/proc/self/oom_score_adj && seen . oom_score_adj)" 77
}

t_lowering_oom_score_adj_needs_the_capability()
{
	make_bundle "$SCRATCH/oom" '.process.oomScoreAdj = -5' probe oom_score_adj
	try without_sys_resource "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/oom" oom
	is "status" "$status" 1
	like "message" "$err" 'oomScoreAdj.*Permission denied .*CAP_SYS_RESOURCE'
	if ((0x$(fact effective) >> 24 & 1)); then
		is "with it" "$(vzrun run --bundle "$SCRATCH/oom" oom)" -5
	else
		skip "with it" "root here has no CAP_SYS_RESOURCE"
	fi
}

run_tests "$@"
