/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * credentials: what a CT is known by and opened with, taken from one root file system and given to
 * another: the hashes of its passwords, the SSH keys that let in as root, its host keys, its
 * machine id. Read from a CT's own files, so bounded and checked; never told in an error.
 */
#ifndef RUNTIME_CT_CREDENTIALS_H
#define RUNTIME_CT_CREDENTIALS_H

#include "runtime/ct/dist_file.h"

struct credentials_key {
	char *name, *text; /* "ssh_host_rsa_key" */
};

struct credentials {
	char *accounts; /* shadow(5), or passwd(5) where there is none; each may be NULL */
	char *keys;     /* authorized_keys */
	char *machine_id;
	struct credentials_key *host_key;
	size_t host_keys;
};
void credentials_done(struct credentials *cred);
#define auto_credentials __attribute__((cleanup(credentials_done)))

/* What is not there, or is no such thing, is left out. ERR_FAILED: what can't be read as a text. */
int credentials_load(const struct dist_tree *tree, struct credentials *ret, struct err *err);

/* To accounts that are there; of one without a password nothing is taken. */
int credentials_store(const struct dist_tree *tree, const struct credentials *cred,
		      struct err *err);

#endif
