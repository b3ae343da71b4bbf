/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vznft: a helper program (runtime/base/helper.h): makes the tables of vzrun's firewall in the
 * network namespace where it is started, or puts its rules in place of those that are there.
 */
#include "config.h"

#include <nftables/libnftables.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "netsetup/nft/ruleset.h"
#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/mem.h"

/* Kept: NET_ADMIN, to change nftables. */
static int drop_caps(struct err *err)
{
	static const cap_value_t kept[] = { CAP_NET_ADMIN };
	cap_t caps = cap_init();
	int rc = -1;

	if (caps && cap_set_flag(caps, CAP_PERMITTED, ARRAY_SIZE(kept), kept, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_EFFECTIVE, ARRAY_SIZE(kept), kept, CAP_SET) == 0)
		rc = cap_set_proc(caps);
	if (rc < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		rc = err_sys(err, "drop capabilities");
	cap_free(caps);
	return rc;
}

/* Does it once more, from a file: only then the library tells the line at fault. */
static int try_file(struct nft_ctx *nft, const char *text)
{
	auto_fd int fd = memfd_create("ruleset", MFD_CLOEXEC);
	char path[FD_PATH_SIZE];

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		return -1;
	nft_ctx_unbuffer_error(nft); /* forgets the first answer */
	if (nft_ctx_buffer_error(nft) != 0)
		return -1;
	return nft_run_cmd_from_filename(nft, fd_path(path, fd));
}

/* The answer: "FILE:LINE:COLUMNS: Error: TEXT", the line, and a mark below it. */
static int not_made(char *answer, struct err *err)
{
	char *first = strsep(&answer, "\n"), *line = strsep(&answer, "\n");
	const char *why = first ? strstr(first, "Error: ") : NULL;
	const char *modules = line ? ruleset_modules(line) : NULL;

	why = why ? why + strlen("Error: ") : "no reason given";
	if (!line || !*line)
		return err_set(err, ERR_FAILED, "make the firewall's tables: %s", why);
	err_set(err, ERR_FAILED, "make the firewall's tables: \"%.200s\": %s", line, why);
	if (!modules)
		return -1;
	err->code = ERR_UNSUPPORTED;
	return err_hint(err, "does this kernel have %s?", modules);
}

static int make_part(struct nft_ctx *nft, const struct ruleset_part *part, struct err *err)
{
	auto_free char *answer = NULL;

	if (nft_run_cmd_from_buffer(nft, part->text) == 0 || part->optional ||
	    try_file(nft, part->text) == 0)
		return 0;
	answer = strdup(nft_ctx_get_error_buffer(nft));
	return not_made(answer, err);
}

static int make_tables(struct err *err)
{
	struct nft_ctx *nft;
	int rc = 0;

	if (drop_caps(err) < 0)
		return -1;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || nft_ctx_buffer_error(nft) != 0 || nft_ctx_buffer_output(nft) != 0)
		return err_set(err, ERR_FAILED, "start libnftables: out of memory");
	for (size_t i = 0; i < ruleset_n_parts && rc == 0; i++)
		rc = make_part(nft, &ruleset_parts[i], err);
	nft_ctx_free(nft);
	return rc;
}

int main(void)
{
	struct err err;

	if (make_tables(&err) == 0)
		return 0;
	helper_report(&err);
	return 1;
}
