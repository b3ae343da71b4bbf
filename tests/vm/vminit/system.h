/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * system: makes of the started kernel what a booted system is.
 */
#ifndef TESTS_VM_VMINIT_SYSTEM_H
#define TESTS_VM_VMINIT_SYSTEM_H

/* Loads the modules, puts a writable overlay over the host's root, mounts the rest. The host's
 * kept_folders are visible wherever they are; its work_folders are shared for writing (9p tags
 * work0…). Both lists end with NULL. */
void system_start(char **kept_folders, char **work_folders);

#endif
