/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * top_term: the terminal as a page that is drawn over and over, with single keys. Whatever ends
 * the program in an orderly way, signals included, leaves the terminal as it was.
 */
#ifndef RUNTIME_CLI_TOP_TERM_H
#define RUNTIME_CLI_TOP_TERM_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

struct top_term {
	struct termios saved;
	sigset_t saved_mask;
	int signals; /* a signalfd, or -1 */
	bool open;
};

enum top_event {
	TOP_TIMEOUT,
	TOP_KEY,
	TOP_REDRAW, /* the window's size changed, or we were stopped meanwhile */
	TOP_END,    /* a signal asked for the end, or the terminal has gone */
};

#define TOP_KEY_UP 1
#define TOP_KEY_DOWN 2

/* ERR_USAGE: stdin or stdout is no terminal, or none that can be drawn on. */
int top_term_open(struct top_term *term, struct err *err);
void top_term_close(struct top_term *term);
#define auto_top_term __attribute__((cleanup(top_term_close)))

/* *ret_key: the character, or TOP_KEY_UP and the like. *ret_signal: with TOP_END; 0: the terminal
 * has gone. */
enum top_event top_term_wait(struct top_term *term, int timeout_msec, char *ret_key,
			     int *ret_signal);

/* Columns and lines. */
void top_term_size(unsigned int *ret_width, unsigned int *ret_height);

#endif
