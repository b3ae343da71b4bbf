/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * face: what the program does when it is called by the name of one of OpenVZ's. Each takes the
 * whole argv and returns the exit status; the functions beneath are vzrun's own.
 */
#ifndef RUNTIME_CLI_FACE_H
#define RUNTIME_CLI_FACE_H

int face_vzcfgvalidate(int argc, char **argv); /* vzcfgvalidate.c */
int face_vzctl(int argc, char **argv);         /* vzctl.c */
int face_vzlist(int argc, char **argv);        /* vzlist.c */
int face_vzpid(int argc, char **argv);         /* vzpid.c */

#endif
