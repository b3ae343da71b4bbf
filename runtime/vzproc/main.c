/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzprocd: shows OpenVZ's /proc/vz, /proc/bc and /proc/user_beancounters in a folder, for panels that
 * read them (vzprocd(8)).
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/vzproc/serve.h"

#define USAGE_STATUS 2

static const char usage[] = "Usage: vzprocd [OPTION]... FOLDER\n\n"
			    "  --config FILE  use this vz.conf\n"
			    "  --foreground   stay in the foreground\n"
			    "  --root DIR     where live state is (" CONTAINER_DEFAULT_ROOT ")\n"
			    "  --help         print this\n"
			    "  --version      print the version\n\n"
			    "vzprocd(8) tells it all.\n";

enum option_id { OPT_CONFIG = 1, OPT_FOREGROUND, OPT_ROOT, OPT_HELP, OPT_VERSION };

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "foreground", no_argument, NULL, OPT_FOREGROUND },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* The child that serves is in "/". */
static char *absolute(const char *path)
{
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *joined = path_join(cwd ? cwd : "/", path);

	return joined ? path_clean(joined) : NULL;
}

static int print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) < 0 ? 1 : 0;
}

struct request {
	struct serve_opts opts;
	struct container_settings set;
	char *conf, *mount_point; /* absolute */
};

/* -1: go on; otherwise the exit status. */
static int read_options(struct request *request, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case OPT_CONFIG:
			request->conf = absolute(optarg);
			break;
		case OPT_FOREGROUND:
			request->opts.foreground = true;
			break;
		case OPT_ROOT:
			request->set.root = absolute(optarg);
			break;
		case OPT_HELP:
			return print(usage);
		case OPT_VERSION:
			return print("vzprocd version " PACKAGE_VERSION "\n");
		default:
			return USAGE_STATUS;
		}
	}
	if (argc - optind != 1) {
		fputs("vzprocd: one folder is wanted (see vzprocd --help)\n", stderr);
		return USAGE_STATUS;
	}
	request->mount_point = absolute(argv[optind]);
	return -1;
}

static int serve(struct request *request)
{
	struct err err = { 0 };

	request->opts.mount_point = request->mount_point;
	request->opts.vz_conf = request->conf;
	request->opts.set = &request->set;
	if (geteuid() != 0) {
		fputs("vzprocd: only root can read what it shows\n", stderr);
		return 1;
	}
	/* A conf that can't be read is an error of who wrote it, not of each reader. */
	log_set_style(LOG_SILENT);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!request->mount_point || !request->set.root || serve_run(&request->opts, &err) < 0) {
		fprintf(stderr, "vzprocd: %s\n", *err.msg ? err.msg : "out of memory");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct request request = { .set.root = CONTAINER_DEFAULT_ROOT };
	int status = read_options(&request, argc, argv);

	return status >= 0 ? status : serve(&request);
}
