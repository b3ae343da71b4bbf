/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/ct/feature.h"
#include "runtime/ct/vz.h"

#define SEPARATORS ", \t"

#define MAJOR_MAX ((1U << 12) - 1) /* the kernel's MINORBITS is 20 */
#define MINOR_MAX ((1U << 20) - 1)

/* What a feature's device is, whether the host has a node of it or not: opening it loads the
 * kernel's module. */
static const struct {
	const char *feature;
	struct device device;
} feature_devices[] = {
	{ "tun",
	  { .name = "net/tun",
	    .type = 'c',
	    .major = 10,
	    .minor = 200,
	    .read = true,
	    .write = true,
	    .mode = 0666 } },
	{ "fuse",
	  { .name = "fuse",
	    .type = 'c',
	    .major = 10,
	    .minor = 229,
	    .read = true,
	    .write = true,
	    .mode = 0666 } },
	{ "ppp",
	  { .name = "ppp",
	    .type = 'c',
	    .major = 108,
	    .minor = 0,
	    .read = true,
	    .write = true,
	    .mode = 0600 } },
};

void device_done(struct device_list *list)
{
	free(list->list);
	*list = (struct device_list){ 0 };
}

/* ---- words ---- */

static int bad_word(const char *word, const char *what, const char *form, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "%s: %s is not of the form %s", what, str_show(shown, word),
		       form);
}

/* "rw", "r", "wq", "none". The q, for quotas of a disk, has nothing to act on here. */
static bool parse_access(const char *text, struct device *device)
{
	if (str_eq(text, "none"))
		return true;
	if (!*text || text[strspn(text, "rwq")])
		return false;
	device->read = strchr(text, 'r');
	device->write = strchr(text, 'w');
	return true;
}

static bool parse_number(const char *text, uint64_t max, uint32_t *ret)
{
	uint64_t number;

	if (num_parse_u(text, "", max, &number, NULL) < 0)
		return false;
	*ret = (uint32_t)number;
	return true;
}

int device_parse_rule(const char *word, const char *what, struct device *ret, struct err *err)
{
	auto_strv char **part = strv_split(word, ":");
	struct device device = { .mode = 0600 };
	bool good;

	if (!part)
		return err_sys(err, "%s", what);
	/* An empty part is dropped, so the length tells of it. */
	good = strv_len(part) == 4 && strlen(word) == strlen(part[0]) + strlen(part[1]) +
							      strlen(part[2]) + strlen(part[3]) + 3;
	good = good && (str_eq(part[0], "b") || str_eq(part[0], "c"));
	good = good && parse_number(part[1], MAJOR_MAX, &device.major);
	if (good) {
		device.type = *part[0];
		device.any_minor = str_eq(part[2], "all");
		good = device.any_minor || parse_number(part[2], MINOR_MAX, &device.minor);
	}
	if (!good || !parse_access(part[3], &device))
		return bad_word(word, what, "b|c:MAJOR:MINOR|all:[r][w][q]|none", err);
	*ret = device;
	return 0;
}

/* A name leads to below /dev and nowhere else, and not to what is vzrun's there. */
static bool name_is_good(const char *name)
{
	const char *part = name;

	if (!*name || strlen(name) >= DEVICE_NAME_SIZE || str_starts(name, ".vzrun"))
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '"' || *c == '\\')
			return false;
	for (;;) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (!part[len])
			return true;
		part += len + 1;
	}
}

int device_parse_node(const char *word, const char *what, struct device *ret, struct err *err)
{
	const char *colon = strrchr(word, ':');
	struct device device = { .mode = 0600 };

	if (!colon || !parse_access(colon + 1, &device) ||
	    (size_t)(colon - word) >= sizeof(device.name))
		return bad_word(word, what, "NAME:[r][w][q]|none", err);
	memcpy(device.name, word, (size_t)(colon - word));
	if (!name_is_good(device.name))
		return bad_word(word, what, "NAME:[r][w][q]|none, with a name below /dev", err);
	*ret = device;
	return 0;
}

/* ---- a conf ---- */

static int add(struct device_list *list, const struct device *device, struct err *err)
{
	struct device *room = mem_append(&list->list, &list->n, sizeof(*room));

	if (!room)
		return err_sys(err, "read the devices");
	*room = *device;
	return 0;
}

static int read_words(const char *value, const char *key,
		      int (*parse)(const char *, const char *, struct device *, struct err *),
		      struct device_list *list, struct err *err)
{
	auto_strv char **words = strv_split(value ? value : "", SEPARATORS);
	struct device device;

	if (!words)
		return err_sys(err, "read %s", key);
	for (char **word = words; *word; word++)
		if (parse(*word, key, &device, err) < 0 || add(list, &device, err) < 0)
			return -1;
	return 0;
}

static int read_features(const char *value, struct device_list *list, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(feature_devices); i++) {
		bool on;

		if (feature_is_on(value, feature_devices[i].feature, &on, err) < 0 ||
		    (on && add(list, &feature_devices[i].device, err) < 0))
			return -1;
	}
	return 0;
}

int device_read(const char *features, const char *devnodes, const char *devices,
		struct device_list *ret, struct err *err)
{
	auto_device_list struct device_list list = { 0 };

	if (read_features(features, &list, err) < 0 ||
	    read_words(devnodes, "DEVNODES", device_parse_node, &list, err) < 0 ||
	    read_words(devices, "DEVICES", device_parse_rule, &list, err) < 0)
		return -1;
	*ret = list;
	list = (struct device_list){ 0 };
	return 0;
}

static bool same_key(const char *a, const char *b)
{
	const char *a_end = strrchr(a, ':'), *b_end = strrchr(b, ':');

	return a_end && b_end && a_end - a == b_end - b && strncmp(a, b, (size_t)(a_end - a)) == 0;
}

char *device_set_word(const char *value, const char *word)
{
	auto_strv char **words = strv_split(value ? value : "", SEPARATORS);
	auto_strbuf struct strbuf text = { 0 };

	if (!words)
		return NULL;
	for (char **old = words; *old; old++)
		if (!same_key(*old, word))
			strbuf_addf(&text, "%s ", *old);
	strbuf_add(&text, word);
	return strbuf_steal(&text);
}

/* ---- the host ---- */

int device_find(struct device *device, struct err *err)
{
	char path[DEVICE_NAME_SIZE + 8];
	struct stat st;

	if (device->type)
		return 0;
	snprintf(path, sizeof(path), "/dev/%s", device->name);
	if (stat(path, &st) < 0) {
		err_sys(err, "look at the host's \"%s\"", path);
		err_hint(err, "is its kernel module loaded?");
		return vz_fail(err, VZ_DEVICES);
	}
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, VZ_ERR(VZ_DEVICES), "the host's \"%s\" is no device", path);
	device->type = S_ISCHR(st.st_mode) ? 'c' : 'b';
	device->major = major(st.st_rdev);
	device->minor = minor(st.st_rdev);
	device->mode = st.st_mode & 0777;
	device->uid = st.st_uid;
	device->gid = st.st_gid;
	return 0;
}

int device_find_all(struct device_list *list, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct device *device = &list->list[i];

		if ((device->read || device->write) && device_find(&list->list[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what it comes to ---- */

bool device_has_node(const struct device *device)
{
	return device->type && !device->any_minor && (device->read || device->write);
}

const char *device_hidden(char buf[DEVICE_HIDDEN_SIZE], const struct device *device)
{
	snprintf(buf, DEVICE_HIDDEN_SIZE, DEVICE_HIDDEN_DIR "/%c%u:%u", device->type, device->major,
		 device->minor);
	return buf;
}

/* What was said of a device before is taken back first. */
static size_t rules_of(const struct device *device, struct spec_device_rule *rules)
{
	struct spec_device_rule rule = {
		.type = device->type,
		.major = device->major,
		.minor = device->any_minor ? -1 : (int64_t)device->minor,
		.read = true,
		.write = true,
	};

	if (!device->type) /* not on this host, and not to be used */
		return 0;
	rules[0] = rule;
	rule.allow = true;
	rule.read = device->read;
	rule.write = device->write;
	rules[1] = rule;
	return rule.read || rule.write ? 2 : 1;
}

int device_rules(const struct device_list *list, struct spec_device_rule **ret, size_t *ret_n,
		 struct err *err)
{
	struct spec_device_rule *rules = calloc(2 * list->n + 1, sizeof(*rules));
	size_t n = 0;

	if (!rules)
		return err_sys(err, "read the devices");
	rules[n++] = (struct spec_device_rule){
		.type = 'a', .major = -1, .minor = -1, .read = true, .write = true, .mknod = true
	};
	for (size_t i = 0; i < list->n; i++)
		n += rules_of(&list->list[i], &rules[n]);
	*ret = rules;
	*ret_n = n;
	return 0;
}
