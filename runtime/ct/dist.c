/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/dist.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "netsetup/addr.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist_file.h"
#include "runtime/ct/vz.h"

#define HOSTNAME_FILE "/etc/hostname"
#define HOSTNAME_MAX 64
#define RESOLV_FILE "/etc/resolv.conf"
#define RESOLV_MAX 65536

static bool is_hostname(const char *name)
{
	size_t label = 0;

	if (strlen(name) > HOSTNAME_MAX)
		return false;
	for (; *name; name++) {
		bool dash = *name == '-', dot = *name == '.';

		if (!isalnum((unsigned char)*name) && !dash && !dot)
			return false;
		/* No label begins or ends with a dash, or is empty. */
		if ((dash || dot) && label == 0)
			return false;
		if (dash && (name[1] == '.' || !name[1]))
			return false;
		label = dot ? 0 : label + 1;
	}
	return label > 0;
}

int dist_check_hostname(const char *hostname, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (is_hostname(hostname))
		return 0;
	return err_set(err, VZ_ERR(VZ_BAD_HOSTNAME), "%s can't be a host name",
		       str_show(shown, hostname));
}

static int write_file(const char *root, uint32_t first_id, const char *path, const char *text,
		      struct err *err)
{
	struct dist_tree tree;
	int rc;

	if (dist_file_open(&tree, root, first_id, err) < 0)
		return -1;
	rc = dist_file_write(&tree, path, text, err);
	fd_closep(&tree.fd);
	return rc;
}

int dist_set_hostname(const char *root, uint32_t first_id, const char *hostname, struct err *err)
{
	auto_free char *text = str_dupf("%s\n", hostname);

	if (!text)
		return err_sys(err, "set the host name");
	return write_file(root, first_id, HOSTNAME_FILE, text, err) < 0 ?
		       err_wrap(err, "set the host name") :
		       0;
}

/* ---- DNS ---- */

/* The servers of one of the host's files; false: it has none that a CT could reach. */
static bool inherit_from(const char *path, struct strbuf *out)
{
	auto_free char *text = NULL;
	size_t before = out->len;
	char *rest, *line;

	if (fd_load_at(AT_FDCWD, path, RESOLV_MAX, &text, NULL, NULL) < 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		auto_strv char **word = strv_split(line, " \t");

		if (word && strv_len(word) > 1 && str_eq(word[0], "nameserver") &&
		    !str_starts(word[1], "127.") && !str_eq(word[1], "::1"))
			strbuf_addf(out, "nameserver %s\n", word[1]);
	}
	return out->len > before;
}

static int check_servers(const char *words, struct err *err)
{
	auto_strv char **word = strv_split(words, " \t");
	struct net_addr addr;

	if (!word)
		return err_sys(err, "set the name servers");
	for (char **w = word; *w; w++) {
		char shown[STR_SHOW_SIZE];

		if (strchr(*w, '/'))
			return err_set(err, VZ_ERR(VZ_BAD_DNS), "NAMESERVER: %s is no IP address",
				       str_show(shown, *w));
		if (!str_eq(*w, "inherit") && addr_parse(*w, "NAMESERVER", &addr, err) < 0)
			return vz_fail(err, VZ_BAD_DNS);
	}
	return 0;
}

static int check_domains(const char *words, struct err *err)
{
	auto_strv char **word = strv_split(words, " \t");
	char shown[STR_SHOW_SIZE];

	if (!word)
		return err_sys(err, "set the search domains");
	for (char **w = word; *w; w++)
		if (!is_hostname(*w))
			return err_set(err, VZ_ERR(VZ_BAD_SEARCHDOMAIN),
				       "SEARCHDOMAIN: %s is no domain", str_show(shown, *w));
	return 0;
}

int dist_check_dns(const char *nameservers, const char *searchdomains, struct err *err)
{
	if (nameservers && check_servers(nameservers, err) < 0)
		return -1;
	return searchdomains ? check_domains(searchdomains, err) : 0;
}

static int add_servers(struct strbuf *out, const char *words, struct err *err)
{
	auto_strv char **word = strv_split(words, " \t");

	if (!word)
		return err_sys(err, "set the name servers");
	for (char **w = word; *w; w++) {
		if (!str_eq(*w, "inherit"))
			strbuf_addf(out, "nameserver %s\n", *w);
		else if (!inherit_from(RESOLV_FILE, out)) /* systemd-resolved's stub? */
			inherit_from("/run/systemd/resolve/resolv.conf", out);
	}
	return 0;
}

int dist_set_dns(const char *root, uint32_t first_id, const char *nameservers,
		 const char *searchdomains, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };

	if (!nameservers && !searchdomains)
		return 0;
	if (dist_check_dns(nameservers, searchdomains, err) < 0)
		return -1;
	if (searchdomains && *searchdomains)
		strbuf_addf(&text, "search %s\n", searchdomains);
	if (nameservers && add_servers(&text, nameservers, err) < 0)
		return -1;
	if (text.failed)
		return err_set(err, ENOMEM, "set the name servers: out of memory");
	return write_file(root, first_id, RESOLV_FILE, text.text ? text.text : "", err) < 0 ?
		       err_wrap(err, "set the name servers") :
		       0;
}
