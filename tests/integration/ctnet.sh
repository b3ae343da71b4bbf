# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of CTs' networks share: a node in which vzrun runs, a client on its uplink up0. To be read
# after ct.sh and net.sh.
#
#   world            node (10.9.0.1, 2001:db8:9::1), client (.2, ::2)
#   ct ARG...        vzrun in the node
#   end              stops and destroys $id
#   once             starts and stops $id; what start said is in $out and $err
#   left             what there is of networks in the node, but for its own
#   key KEY          its line in the conf of $id
#   nic_of NAME      the host end of a NIC of $id
#   serve PORT       a TCP server in $id (netpeer serve), until it stops
#   ask_from ADDRESS PORT
#                    which address such a server sees of $id; "nothing", "refused"

# shellcheck disable=SC2154 # id is ct.sh's, status lib.sh's

# The node is 10.9.0.1 and 2001:db8:9::1 on the client's network; the client is .2.
world()
{
	net_begin node client
	ip -n node link add up0 type veth peer name eth0 netns client
	ip -n node -batch - <<-'END'
		addr add 10.9.0.1/24 dev up0
		addr add 2001:db8:9::1/64 dev up0 nodad
		link set up0 up
		route add default via 10.9.0.2
	END
	ip -n client -batch - <<-'END'
		addr add 10.9.0.2/24 dev eth0
		addr add 2001:db8:9::2/64 dev eth0 nodad
		link set eth0 up
	END
	net_settled node client
}

ct()
{
	on node "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@"
}

end()
{
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

once()
{
	try ct start "$id"
	is "start" "$status" 0
	ct stop "$id" --fast >/dev/null
}

# What there is of networks in the node, but for its own.
left()
{
	ip -n node -o link | awk -F': ' '{ print $2 }' | grep -vE '^(lo|up0@.*|vzup)$'
	ip -n node route | grep -v up0
	ip -n node neigh show proxy
	find /run/vznet -maxdepth 1 -name '*.json'
}

nothing_left()
{
	[ -z "$(left)" ]
}

is_down()
{
	[ "$(ct status "$id")" = "CTID $id exist mounted down" ]
}

key() # KEY: its line in the conf of $id
{
	grep "^$1=" "$CT_DIR/conf/$id.conf"
}

nic_of() # NAME
{
	jq -r --arg name "$1" '.config.nics[] | select(.name == $name).hostName' "/run/vznet/$id.json"
}

_netpeer_inside()
{
	ct exec "$id" test -x /root/netpeer ||
		ct exec "$id" sh -c 'cat >/root/netpeer && chmod 755 /root/netpeer' <"$NETPEER"
}

_answers_itself() # PORT
{
	ct exec "$id" /root/netpeer ask 127.0.0.1 "$1" | grep -qx 127.0.0.1
}

serve() # PORT
{
	_netpeer_inside
	ct exec --detach "$id" /root/netpeer serve "$1"
	until_true _answers_itself "$1"
}

ask_from() # ADDRESS PORT
{
	_netpeer_inside
	ct exec "$id" /root/netpeer ask "$1" "$2"
}
