/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file: the few things that vminit does with files and devices. What goes wrong ends the VM.
 */
#ifndef TESTS_VM_VMINIT_FILE_H
#define TESTS_VM_VMINIT_FILE_H

#include <limits.h>

/* The NUL-terminated strings of a file, with NULL behind the last; no strings if there is no
 * such file. Never freed. */
char **file_strings(const char *path);

/* The device whose file CLASS/NAME/ATTRIBUTE in sysfs says TEXT. Puts /dev/NAME into ret_device
 * and returns 0, or returns -1 if there is none. */
int file_find_device(const char *class, const char *attribute, const char *text,
		     char ret_device[PATH_MAX]);

/* Makes a folder and those above it, where missing. */
void file_make_folders(const char *path);

#endif
