/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/args.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/options.h"

/* "--name", in error texts. */
#define WHAT_SIZE 32
static const char *what_of(const struct args_option *row, char buf[WHAT_SIZE])
{
	snprintf(buf, WHAT_SIZE, "--%s", row->name);
	return buf;
}

static int select_nic(struct args *args, const struct net_nic *nic)
{
	if (!nic)
		return -1;
	memcpy(args->nic, nic->name, sizeof(args->nic));
	return 0;
}

static struct net_nic *nic_for(const struct args *args, const char *what, struct err *err)
{
	struct net_nic *nic = options_find_nic(args->config, args->nic);

	if (!nic)
		err_set(err, ERR_INPUT,
			"%s: of which NIC? (it goes behind --ipadd, --netif_add or --ifname NAME)",
			what);
	return nic;
}

/* ---- where ---- */

static int set_netns(struct args *args, const struct args_option *row, const char *value,
		     struct err *err)
{
	(void)row;
	if (!*value)
		return err_set(err, ERR_INPUT, "--netns is empty");
	args->netns = value;
	return 0;
}

static int set_pid(struct args *args, const struct args_option *row, const char *value,
		   struct err *err)
{
	int64_t pid;

	(void)row;
	if (num_parse(value, "--pid", 1, INT_MAX, &pid, err) < 0)
		return -1;
	args->pid = (pid_t)pid;
	return 0;
}

static int set_json(struct args *args, const struct args_option *row, const char *value,
		    struct err *err)
{
	(void)err;
	if (*row->arg)
		args->json_file = value;
	else
		args->json = true;
	return 0;
}

static int set_list(struct args *args, const struct args_option *row, const char *value,
		    struct err *err)
{
	(void)row;
	(void)value;
	(void)err;
	args->list = true;
	return 0;
}

/* ---- NICs ---- */

static int add_ip(struct args *args, const struct args_option *row, const char *value,
		  struct err *err)
{
	char what[WHAT_SIZE];

	return select_nic(args, options_ip_add(args->config, value, what_of(row, what), err));
}

static int del_ip(struct args *args, const struct args_option *row, const char *value,
		  struct err *err)
{
	char what[WHAT_SIZE];

	return options_ip_del(args->config, value, what_of(row, what), err);
}

static int add_netif(struct args *args, const struct args_option *row, const char *value,
		     struct err *err)
{
	char what[WHAT_SIZE];

	return select_nic(args, options_netif_add(args->config, value, what_of(row, what), err));
}

static int del_netif(struct args *args, const struct args_option *row, const char *value,
		     struct err *err)
{
	char what[WHAT_SIZE];

	return options_del_nic(args->config, value, what_of(row, what), err);
}

/* The kind is the option's name. */
static int add_netdev(struct args *args, const struct args_option *row, const char *value,
		      struct err *err)
{
	enum net_kind kind = NET_PHYSICAL;
	char what[WHAT_SIZE];

	if (str_eq(row->name, "macvlan"))
		kind = NET_MACVLAN;
	else if (str_eq(row->name, "ipvlan"))
		kind = NET_IPVLAN;
	return select_nic(args,
			  options_netdev_add(args->config, kind, value, what_of(row, what), err));
}

static int set_ifname(struct args *args, const struct args_option *row, const char *value,
		      struct err *err)
{
	char shown[STR_SHOW_SIZE];

	(void)row;
	if (!options_find_nic(args->config, value))
		return err_set(err, ERR_INPUT, "--ifname: there is no NIC %s",
			       str_show(shown, value));
	return select_nic(args, options_find_nic(args->config, value));
}

/* The option's name is the key. */
static int set_nic(struct args *args, const struct args_option *row, const char *value,
		   struct err *err)
{
	char what[WHAT_SIZE];
	struct net_nic *nic = nic_for(args, what_of(row, what), err);

	return nic ? options_set_nic(nic, row->name, value, what, err) : -1;
}

static int set_rate(struct args *args, const struct args_option *row, const char *value,
		    struct err *err)
{
	char what[WHAT_SIZE];
	struct net_nic *nic = nic_for(args, what_of(row, what), err);

	return nic ? options_parse_rate(value, what, &nic->rate, err) : -1;
}

/* ---- the container as a whole ---- */

static int set_nat(struct args *args, const struct args_option *row, const char *value,
		   struct err *err)
{
	(void)row;
	return options_parse_nat(value, "--nat", &args->config->nat, err);
}

static int set_publish(struct args *args, const struct args_option *row, const char *value,
		       struct err *err)
{
	(void)row;
	if (!str_eq(value, "none"))
		return options_add_publish(args->config, value, "--publish", err);
	args->config->n_publish = 0;
	return 0;
}

static int set_allow(struct args *args, const struct args_option *row, const char *value,
		     struct err *err)
{
	(void)row;
	args->config->guarded = !str_eq(value, "any");
	if (!str_eq(value, "any") && !str_eq(value, "none"))
		return options_add_open(args->config, value, "--allow", err);
	args->config->n_open = 0;
	return 0;
}

static int parse_on_off(const char *value, const char *what, bool *ret, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!str_eq(value, "on") && !str_eq(value, "off"))
		return err_set(err, ERR_INPUT, "%s: %s is neither on nor off", what,
			       str_show(shown, value));
	*ret = str_eq(value, "on");
	return 0;
}

static int set_isolate(struct args *args, const struct args_option *row, const char *value,
		       struct err *err)
{
	(void)row;
	return parse_on_off(value, "--isolate", &args->config->isolated, err);
}

static int set_neighbours(struct args *args, const struct args_option *row, const char *value,
			  struct err *err)
{
	(void)row;
	free(args->config->neighbour_devs);
	args->config->neighbour_devs = strdup(value);
	return args->config->neighbour_devs ? 0 : err_sys(err, "--neighbour_devs");
}

static int set_no_detect(struct args *args, const struct args_option *row, const char *value,
			 struct err *err)
{
	(void)row;
	(void)value;
	(void)err;
	args->config->no_detect = true;
	return 0;
}

static int set_total(struct args *args, const struct args_option *row, const char *value,
		     struct err *err)
{
	(void)row;
	args->total_given = true;
	return options_parse_kbit(value, "--total", &args->total_kbit, err);
}

#define MAKE (ARGS_UP | ARGS_CHANGE)

/* clang-format off */
const struct args_option args_options[] = {
	{ "netns", MAKE | ARGS_DOWN, "PATH", "the network namespace, by a file that it is bound to", set_netns },
	{ "pid", MAKE | ARGS_DOWN, "N", "the network namespace of that process", set_pid },
	{ "json", MAKE, "FILE", "begin with the network that this file (-: stdin) describes", set_json },
	{ "json", ARGS_JSON, "", "print JSON", set_json },
	{ "ipadd", MAKE, "ADDRESS", "give routed addresses (venet0)", add_ip },
	{ "ipdel", ARGS_CHANGE, "ADDRESS", "take one away; \"all\"", del_ip },
	{ "netif_add", MAKE, "NAME[,MAC,HOST_NAME,HOST_MAC,BRIDGE]", "add a bridged NIC", add_netif },
	{ "netif_del", ARGS_CHANGE, "NAME", "remove a NIC", del_netif },
	{ "netdev_add", MAKE, "LINK[,NAME]", "give a link of the host", add_netdev },
	{ "macvlan", MAKE, "LINK[,NAME[,MODE]]", "add a macvlan NIC above that link", add_netdev },
	{ "ipvlan", MAKE, "LINK[,NAME[,MODE]]", "add an ipvlan NIC above that link", add_netdev },
	{ "ifname", MAKE, "NAME", "what follows is about this NIC", set_ifname },
	{ "ip", MAKE, "ADDRESS/PREFIX", "add an address to it; \"\": none", set_nic },
	{ "gw", MAKE, "ADDRESS", "its gateway", set_nic },
	{ "gw6", MAKE, "ADDRESS", "its IPv6 gateway", set_nic },
	{ "bridge", MAKE, "NAME", "the bridge that it is a port of", set_nic },
	{ "mac", MAKE, "MAC", "its MAC address", set_nic },
	{ "host_ifname", MAKE, "NAME", "the name of its end on the host", set_nic },
	{ "host_mac", MAKE, "MAC", "and its MAC address", set_nic },
	{ "mac_filter", MAKE, "on|off", "whether it may send from its own addresses only", set_nic },
	{ "mtu", MAKE, "BYTES", "its MTU; 0: the usual one", set_nic },
	{ "vlan", MAKE, "N", "the VLAN that it is in, untagged inside", set_nic },
	{ "trunk", MAKE, "N[+N]", "VLANs that it has tagged", set_nic },
	{ "rate", MAKE, "UP[:SHARE][,DOWN]", "how fast it may send (and surely can) and receive", set_rate },
	{ "burst", MAKE, "SIZE", "how much may pass at once", set_nic },
	{ "nat", MAKE, "auto|on|off", "whether the host's address is shown to the world", set_nat },
	{ "publish", MAKE, "[IP:]PORT:PORT[/PROTOCOL]", "give it a port of the host; none: remove all", set_publish },
	{ "allow", MAKE, "PORT[/PROTOCOL]", "let in only these ports; none, any", set_allow },
	{ "isolate", MAKE, "on|off", "keep it apart from other containers", set_isolate },
	{ "neighbour_devs", MAKE, "detect|all|list:LINK", "the links on which its addresses are made known", set_neighbours },
	{ "skip_arpdetect", MAKE, "", "do not look for others with its addresses", set_no_detect },
	{ "total", ARGS_RATE, "RATE", "how fast all containers together may send; 0: no limit", set_total },
	{ "list", ARGS_HELP, "", "print each command and option on a line of its own, for programs", set_list },
	{ 0 },
};
/* clang-format on */

static const struct args_option *find(const char *name, size_t len, unsigned int command)
{
	for (const struct args_option *row = args_options; row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0 &&
		    (row->commands & command))
			return row;
	return NULL;
}

int args_set(struct args *args, const char *name, const char *value, struct err *err)
{
	const struct args_option *row = find(name, strlen(name), ARGS_UP);

	if (!row)
		return err_set(err, ERR_INPUT, "\"%.64s\" is no setting of a network", name);
	return row->set(args, row, value, err);
}

/* "--name=value", "--name value", "--switch". */
static int read_option(struct args *args, const struct args_command *command, char ***argv,
		       struct err *err)
{
	const char *text = *(*argv)++ + 2, *value = strchr(text, '=');
	size_t len = value ? (size_t)(value - text) : strlen(text);
	const struct args_option *row = find(text, len, command->options);

	if (!row)
		return err_set(err, ERR_USAGE, "unknown option \"--%.64s\" (see vznet help %s)",
			       text, command->name);
	if (value)
		value++;
	if (!*row->arg)
		return value ? err_set(err, ERR_USAGE, "--%s takes no value", row->name) :
			       row->set(args, row, "", err);
	if (!value && !**argv)
		return err_set(err, ERR_USAGE, "--%s needs a value (%s)", row->name, row->arg);
	return row->set(args, row, value ? value : *(*argv)++, err);
}

int args_read(struct args *args, const struct args_command *command, char **argv, bool *ret_help,
	      struct err *err)
{
	bool options = true;

	args->ids = argv;
	*ret_help = false;
	while (*argv) {
		if (options && (str_eq(*argv, "--help") || str_eq(*argv, "-h"))) {
			*ret_help = true;
			return 0;
		}
		if (options && str_eq(*argv, "--")) {
			options = false;
			argv++;
		} else if (options && str_starts(*argv, "--")) {
			if (read_option(args, command, &argv, err) < 0)
				return -1;
		} else if (options && **argv == '-' && argv[0][1]) {
			return err_set(err, ERR_USAGE, "unknown option \"%.64s\"", *argv);
		} else {
			args->ids[args->n_ids++] = *argv++;
		}
	}
	if (args->n_ids < command->min || args->n_ids > command->max)
		return err_set(err, ERR_USAGE, "too %s arguments (usage: vznet %s%s%s%s)",
			       args->n_ids < command->min ? "few" : "many", command->name,
			       command->options ? " [OPTION]..." : "", *command->args ? " " : "",
			       command->args);
	return 0;
}
