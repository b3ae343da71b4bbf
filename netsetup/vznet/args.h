/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args: vznet's commands and options as tables, and what reads them. Options are obeyed in their
 * order, since one like --mtu is about the NIC that was named last.
 */
#ifndef NETSETUP_VZNET_ARGS_H
#define NETSETUP_VZNET_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsetup/net.h"
#include "runtime/base/err.h"

struct args {
	struct net_config *config; /* what the options made of it */
	int hold;                  /* net_hold's, by who changes what is there; -1: none */
	char nic[IFNAMSIZ];        /* the one that options are about; "": none yet */
	const char *netns;
	pid_t pid;
	const char *json_file; /* "-": stdin */
	bool json, list;
	bool total_given;
	uint64_t total_kbit;
	char **ids; /* what is no option */
	int n_ids;
};

/* Which commands know an option. */
enum args_for {
	ARGS_UP = 1,
	ARGS_CHANGE = 2,
	ARGS_DOWN = 4,
	ARGS_JSON = 8,
	ARGS_RATE = 16,
	ARGS_HELP = 32,
};

struct args_option {
	const char *name;
	unsigned int commands; /* enum args_for */
	const char *arg;       /* what the help calls the value; "" for a switch */
	const char *help;
	int (*set)(struct args *args, const struct args_option *row, const char *value,
		   struct err *err);
};
extern const struct args_option args_options[]; /* ends with one without a name */

struct args_command {
	const char *name;
	int (*run)(struct args *args, struct err *err);
	const char *args, *help;
	unsigned int options; /* one of enum args_for, or 0 */
	int min, max;
};
extern const struct args_command args_commands[];

/* Reads options from argv; what is none stays in args->ids. *ret_help: --help. ERR_USAGE. */
int args_read(struct args *args, const struct args_command *command, char **argv, bool *ret_help,
	      struct err *err);

/* One option by its name, for who has no argv: ERR_INPUT. */
int args_set(struct args *args, const char *name, const char *value, struct err *err);

#endif
