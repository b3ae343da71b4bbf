/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/vminit/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/vm/vminit/die.h"

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("allocate %zu bytes", size);
	return memory;
}

/* A whole file with a NUL behind it; *ret_size excludes that. NULL if there is no such file. */
static char *read_all(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || fstat(fd, &st))
		die("open \"%s\"", path);
	data = allocate((size_t)st.st_size + 1);
	*ret_size = 0;
	for (ssize_t n; (n = read(fd, data + *ret_size, (size_t)st.st_size - *ret_size)) > 0;)
		*ret_size += (size_t)n;
	close(fd);
	return data;
}

char **file_strings(const char *path)
{
	size_t size = 0, count = 0;
	char *data = read_all(path, &size);
	char **list;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\0';
	list = allocate((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++, data += strlen(data) + 1)
		list[i] = data;
	return list;
}

/* Whether a file in sysfs holds this text. */
static int says(const char *path, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	buf[strcspn(buf, "\n")] = '\0';
	return strcmp(buf, text) == 0;
}

int file_find_device(const char *class, const char *attribute, const char *text,
		     char ret_device[PATH_MAX])
{
	DIR *dir = opendir(class);
	char path[PATH_MAX];
	int found = 0;

	if (!dir)
		return -1;
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s/%s", class, entry->d_name, attribute);
		found = says(path, text);
		if (found)
			snprintf(ret_device, PATH_MAX, "/dev/%s", entry->d_name);
	}
	closedir(dir);
	return found ? 0 : -1;
}

void file_make_folders(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	mkdir(part, 0755);
}
