#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One verb set over live containers and registered CTs: which of them a name means. The CTs here
# are only registered; what they do when they run is told of elsewhere.
. "${0%/*}/lib.sh"

# With --root alone there are no CTs (an engine calls); with --config there are.
vzrun_ct()
{
	"$VZRUN" --root "$ROOT" --config "$ETC_VZ/vz.conf" "$@"
}

register() # CTID [NAME]
{
	mkdir -p "$ETC_VZ/conf" "$ETC_VZ/names" "$ROOT"
	: >>"$ETC_VZ/vz.conf"
	echo 'OSTEMPLATE="minimal"' >"$ETC_VZ/conf/$1.conf"
	[ -z "${2:-}" ] || ln -sf "$ETC_VZ/conf/$1.conf" "$ETC_VZ/names/$2"
}

forget()
{
	rm -r "$ETC_VZ/conf" "$ETC_VZ/names"
}

t_list_has_both()
{
	register 701
	make_bundle "$SCRATCH/oci" . sleep 1000
	vzrun create --bundle "$SCRATCH/oci" oci
	is "ids" "$(vzrun_ct list -q)" $'701\noci'
	is "a CT's state" "$(vzrun_ct list -f json | jq -c '.[0] | [.id, .pid, .status, .bundle, .owner]')" \
		"[\"701\",0,\"stopped\",\"$VAR_VZ/private/701\",\"root\"]"
	like "a CT's row" "$(vzrun_ct list)" "701 +0 +stopped +$VAR_VZ/private/701 +20[0-9TZ:-]+ +root"
	is "--root alone lists an engine's containers" "$(vzrun list -q)" oci
	vzrun delete --force oci
	forget
}

t_a_mistyped_name()
{
	register 705 webserver
	try vzrun_ct stop webservr
	like "of a CT's verb" "$status $err" '^21 .*\(did you mean webserver\?\)$'
	try vzrun_ct state wbeserver
	like "of another" "$status $err" '^1 .*does not exist.*\(did you mean webserver\?\)$'
	try vzrun_ct stop 706
	unlike "a number is near to none" "$err" 'did you mean'
	try vzrun state webservr
	unlike "an engine's containers are no CTs" "$err" 'did you mean'
	forget
}

t_an_id_shadows_no_ct()
{
	register 702 web2
	make_bundle "$SCRATCH/shadow" . sleep 1000
	local id verb
	for id in 702 web2; do
		for verb in create run; do
			try vzrun_ct "$verb" --bundle "$SCRATCH/shadow" "$id"
			is "$verb $id" "$status/$err" \
				"1/vzrun: $verb $id: the id is that of the registered CT 702"
		done
	done
	is "nothing was made" "$(vzrun list -q)" ""
	forget
}

t_a_name_means_the_live_ct()
{
	register 703 web3
	# It is live, however it came to be.
	make_bundle "$SCRATCH/703" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/703" 703
	is "state" "$(vzrun_ct state web3 | jq -r '.id + " " + .status')" "703 running"
	is "exec" "$(vzrun_ct exec web3 echo inside)" inside
	is "list" "$(vzrun_ct list -q)" 703
	try vzrun_ct kill web3 KILL
	is "kill" "$status/$err" 0/
	try vzrun state web3
	is "with --root alone it is no name" "$status" 1
	vzrun delete --force 703
	forget
}

t_a_ct_that_is_not_live()
{
	register 704 web4
	try vzrun_ct exec web4 true
	is "exec" "$status/$err" "255/vzrun: exec 704: container not running"
	try vzrun_ct state web4
	like "state" "$status/$err" '^1/vzrun: state 704: container does not exist'
	try vzrun_ct delete --force 704
	is "delete never touches a CT" "$status" 1
	like "but tells what does" "$err" 'vzrun destroy removes a CT'
	check "its conf is there" test -e "$ETC_VZ/conf/704.conf"
	forget
}

t_live_goes_before_registered()
{
	# A name that both have, which create would have refused.
	make_bundle "$SCRATCH/both" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/both" both
	register 705 both
	is "state" "$(vzrun_ct state both | jq -r .id)" both
	try vzrun_ct stop both
	unlike "a CT's verb means the CT" "$err" 'does not exist'
	is "and leaves the container alone" "$(vzrun state both | jq -r .status)" running
	vzrun delete --force both
	forget
}

run_tests "$@"
