/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmshim: runs a Linux kernel and its initramfs in a small virtual machine of KVM's.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kvmshim/vmm/acpi.h"
#include "kvmshim/vmm/machine.h"
#include "kvmshim/vmm/memory.h"
#include "runtime/base/str.h"

enum {
	EXIT_OWN = 125, /* the machine could not be run; what its guest ends with is below */
	DEFAULT_MEMORY_MIB = 256,
};

static const char help[] = "Usage: kvmshim --kernel FILE [OPTION]...\n"
			   "\n"
			   "Runs a Linux kernel in a virtual machine until it resets itself.\n"
			   "\n"
			   "  --kernel FILE     an uncompressed kernel (vmlinux) with a PVH entry\n"
			   "  --initrd FILE     its initramfs\n"
			   "  --append TEXT     more for its command line\n"
			   "  --memory SIZE     of RAM: 256M, 1G… (256M)\n"
			   "  --cpus N          virtual processors (1)\n"
			   "  --serial          its messages to stderr, for debugging\n"
			   "  --help            print this\n"
			   "  --version         print the version\n"
			   "\n"
			   "kvmshim(8) tells it all.\n";

static int memory_parse(const char *text, uint64_t *ret, struct err *err)
{
	if (num_parse_size(text, "--memory", ret, err) < 0)
		return -1;
	*ret &= ~(MEMORY_PAGE - 1);
	return 0;
}

static int cpus_parse(const char *text, unsigned int *ret, struct err *err)
{
	int64_t n;

	if (num_parse(text, "--cpus", 1, ACPI_CPUS_MAX, &n, err) < 0)
		return -1;
	*ret = (unsigned int)n;
	return 0;
}

static int say(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) ? EXIT_OWN : 0;
}

/* Sets what `opt` says; `word` is the argument that getopt has read last. */
static int option_set(int opt, const char *word, struct machine_options *options, struct err *err)
{
	switch (opt) {
	case 'k':
		options->kernel = optarg;
		return 0;
	case 'i':
		options->initrd = optarg;
		return 0;
	case 'a':
		options->command_line = optarg;
		return 0;
	case 'm':
		return memory_parse(optarg, &options->memory_bytes, err);
	case 'c':
		return cpus_parse(optarg, &options->n_cpus, err);
	case 's':
		options->serial = true;
		return 0;
	case 'u':
		options->vsock = optarg;
		return 0;
	default:
		return err_set(
			err, ERR_USAGE,
			"an unknown option, or one without its value: \"%s\" (see kvmshim --help)",
			word);
	}
}

static int fail(const struct err *err)
{
	fprintf(stderr, "kvmshim: %s\n", err->msg);
	return EXIT_OWN;
}

int main(int argc, char **argv)
{
	static const struct option rows[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "memory", required_argument, NULL, 'm' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "serial", no_argument, NULL, 's' },
		{ "vsock", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct machine_options options = { .memory_bytes = (uint64_t)DEFAULT_MEMORY_MIB << 20,
					   .n_cpus = 1 };
	struct err err;
	int opt;

	opterr = 0; /* one line, by fail() */
	while ((opt = getopt_long(argc, argv, "", rows, NULL)) >= 0) {
		if (opt == 'h')
			return say(help);
		if (opt == 'v')
			return say("kvmshim " PACKAGE_VERSION "\n");
		if (option_set(opt, argv[optind - 1], &options, &err) < 0)
			return fail(&err);
	}
	if (optind < argc || !options.kernel) {
		err_set(&err, ERR_USAGE, "%s (see kvmshim --help)",
			options.kernel ? "it takes no arguments" : "--kernel is missing");
		return fail(&err);
	}
	return machine_run(&options, &err) < 0 ? fail(&err) : 0;
}
