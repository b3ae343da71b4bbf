/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: the command line as tables, and the one parser that reads them.
 *
 * A command is a row of the table in main.c, an option a row of its command's table. The
 * parser, the help, the shell completion and the check of the manual page read the same rows.
 * The grammar is runc's: global options, a command, its options; `--opt v`, `--opt=v` and Go's
 * `-opt v` alike; switches take `=true` and `=false`; one-letter switches may be joined (-dt).
 *
 * A command returns 0, or -1 with the error that main prints; it writes its result with
 * output.h, and puts into cli->status what the program shall exit with.
 */
#ifndef RUNTIME_CLI_CLI_H
#define RUNTIME_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/container/container.h"

/* What an option's value is, and what the field at its offset is. */
enum cli_kind {
	CLI_FLAG,   /* bool */
	CLI_TEXT,   /* const char *; an empty text is as if it were not given, as with runc */
	CLI_LIST,   /* char **: each text it was given, in order, then NULL */
	CLI_PAIRS,  /* char **: the option's name and the text, of all such rows with this offset in
		     * the order given, then NULL; CLI_NO_EFFECT is for the help alone */
	CLI_CHOICE, /* unsigned int: which of the words of `arg` ("table|json"); 0 is the first */
	CLI_COUNT,  /* unsigned int */
	CLI_I64,    /* struct spec_i64 */
	CLI_U64,    /* struct spec_u64 */
	CLI_SIZE,   /* struct spec_i64: bytes, a suffix K, M, G, T or P, or -1 */
};

enum cli_option_flag {
	CLI_NO_EFFECT = 1, /* taken for the callers' sake; has no field */
	CLI_HIDDEN = 2,    /* obsolete: not in the help */
	CLI_NOT_EMPTY = 4, /* an empty CLI_TEXT is refused: the caller's variable was empty */
};

/* The texts lie in the row itself: no pointer, so nothing to relocate at each start. */
struct cli_option {
	char name[20];
	char letter; /* of the short form, or 0 */
	uint8_t kind;
	uint8_t flags;
	uint16_t offset; /* in the options' struct */
	char arg[28];    /* what the help calls the value; "" for a switch */
	char help[91];
};

/* A table of them and the struct that they fill. */
struct cli_options {
	const struct cli_option *rows;
	uint16_t n;
	uint16_t size;
};
#define CLI_OPTIONS_MAX 512
#define CLI_OPTIONS(table, type)                                                                  \
	{                                                                                         \
		(table), ARRAY_SIZE(table),                                                       \
			sizeof(type) + 0 * sizeof(char[sizeof(type) <= CLI_OPTIONS_MAX ? 1 : -1]) \
	}

struct cli;
typedef int (*cli_run)(struct cli *cli, struct err *err);

enum cli_group { CLI_GROUP_BOTH, CLI_GROUP_CT, CLI_GROUP_OCI, CLI_GROUP_OTHER };

enum cli_command_flag {
	CLI_IN_ORDER = 1, /* what follows the first argument is no option of ours */
	CLI_ID = 2,       /* the first argument names a container that should exist */
	CLI_NEW_ID = 4,   /* the first argument names one that should not */
	CLI_CT_FIRST =
		8, /* with CLI_ID: a registered CT of this name goes before a live container */
	CLI_SYSTEMD = 16, /* talks to systemd about a container whose cgroup that makes */
	CLI_CLEANS = 32,  /* with CLI_SYSTEMD: does what it can where there is no way to talk */
};

struct cli_command {
	const char *name;
	cli_run run;
	const char *args;                     /* the synopsis behind the options: "ID [SIGNAL]" */
	const char *help;                     /* one line */
	const struct cli_options *options;    /* or NULL */
	const struct cli_options *ct_options; /* those that make it the CT's verb, or NULL */
	uint8_t group;
	uint8_t flags;
	uint8_t args_min, args_max;
	uint8_t failed; /* the exit status when it fails */
};
#define CLI_ANY 255 /* args_max: no limit */

/* The options before the command. */
struct cli_global {
	const char *root, *log, *log_level;
	const char *config;          /* the vz.conf, or NULL: the default one */
	unsigned int log_format;     /* 0 text, 1 json */
	unsigned int cgroup_manager; /* enum cgroup_manager */
	bool systemd_cgroup;
	bool debug;
	bool version;
};

struct cli {
	struct container_settings set;
	struct cli_global global;
	const struct cli_command *command;
	const void *opts;    /* the struct of command->options, all zero where none was given */
	const void *ct_opts; /* of command->ct_options */
	bool ct_opts_given;  /* one of these was */
	/* Registered CTs count: for root only, and not with --root alone, which names a set of
	 * containers of its own (an engine's), to which no CT belongs. */
	bool cts;
	char **args; /* what is no option; NULL behind the last */
	int args_n;
	/* For CLI_ID: the id of the container that args[0] means, which for a CT's name is its
	 * number; is_ct: a registered CT that is not live, or with CLI_CT_FIRST any registered one.
	 * What is neither is passed on as it is. For CLI_NEW_ID: args[0]. */
	const char *id;
	bool is_ct;
	char *id_owned, *root_owned;
	bool quiet;     /* what a CT's verb says goes to its log alone */
	bool skip_lock; /* the caller holds the CT's lock */
	bool running;   /* the command has begun: command->failed counts */
	int status;     /* what to exit with; not 0 with an error: instead of command->failed */
};

/* Where the parser puts what it reads. */
struct cli_scan {
	const struct cli_options *options[2]; /* either may be NULL */
	void *into[2];                        /* zeroed, options[i]->size bytes */
	unsigned int given[2];                /* how many were of this table */
	bool help;                            /* --help or -h */
};

/* Reads options from argv (argc of them) and moves what is none to its front, NULL behind it;
 * *ret_n counts these. in_order: stops reading at the first argument that is no option.
 * ERR_USAGE. */
int cli_scan_args(struct cli_scan *scan, int argc, char **argv, bool in_order, int *ret_n,
		  struct err *err);
/* Frees what the lists of a struct hold. */
void cli_options_done(const struct cli_options *options, void *values);

/* The tables; commands end with one without a name. */
extern const struct cli_command cli_commands[];
extern const struct cli_options cli_global_options;
const struct cli_command *cli_command_find(const char *name);

#endif
