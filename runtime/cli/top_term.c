/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/top_term.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/base/fd.h"

/* The other screen, where there is one, so that what was there before comes back. */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[m\033[?1049l"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT };

static void put(const char *text)
{
	(void)!write(STDOUT_FILENO, text, strlen(text));
}

/* No echo, keys at once; and no ^Z, which would stop us with the terminal like this. */
static int set_keys(const struct top_term *term)
{
	struct termios keys = term->saved;

	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	keys.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys);
}

static int check(struct err *err)
{
	const char *kind = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE,
			       "stdin and stdout must be a terminal (use --batch elsewhere)");
	if (!kind || !*kind || str_eq(kind, "dumb"))
		return err_set(err, ERR_USAGE,
			       "TERM names no terminal that can be drawn on (use --batch)");
	return 0;
}

int top_term_open(struct top_term *term, struct err *err)
{
	sigset_t set;

	*term = (struct top_term){ .signals = -1 };
	if (check(err) < 0)
		return -1;
	if (tcgetattr(STDIN_FILENO, &term->saved) < 0)
		return err_sys(err, "read the terminal's settings");
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	term->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (term->signals < 0)
		return err_sys(err, "watch for signals");
	sigprocmask(SIG_BLOCK, &set, &term->saved_mask);
	signal(SIGPIPE, SIG_IGN); /* a terminal that has gone is a failed write, told as one */
	term->open = true;
	if (set_keys(term) < 0)
		return err_sys(err, "set the terminal");
	put(ENTER);
	return 0;
}

void top_term_close(struct top_term *term)
{
	int saved_errno = errno;

	if (term->open) {
		put(LEAVE);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &term->saved);
		fd_closep(&term->signals);
		sigprocmask(SIG_SETMASK, &term->saved_mask, NULL);
		term->open = false;
	}
	errno = saved_errno;
}

/* SIGCONT: somebody stopped us (SIGSTOP) and their shell may have changed the terminal. */
static enum top_event on_signal(struct top_term *term, int *ret_signal)
{
	struct signalfd_siginfo info;

	if (read(term->signals, &info, sizeof(info)) != sizeof(info))
		return TOP_TIMEOUT;
	*ret_signal = (int)info.ssi_signo;
	if (info.ssi_signo == SIGCONT) {
		set_keys(term);
		put(ENTER);
		return TOP_REDRAW;
	}
	return info.ssi_signo == SIGWINCH ? TOP_REDRAW : TOP_END;
}

static enum top_event on_key(char *ret_key, int *ret_signal)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	*ret_signal = 0;
	if (n <= 0)
		return n < 0 && errno == EINTR ? TOP_TIMEOUT : TOP_END;
	*ret_key = keys[0];
	/* Keys with a name send several characters: of these the arrows alone mean something. */
	if (keys[0] == '\033')
		*ret_key = 0;
	if (n >= 3 && keys[0] == '\033' && (keys[1] == '[' || keys[1] == 'O'))
		*ret_key = keys[2] == 'A' ? TOP_KEY_UP : keys[2] == 'B' ? TOP_KEY_DOWN : 0;
	return TOP_KEY;
}

enum top_event top_term_wait(struct top_term *term, int timeout_msec, char *ret_key,
			     int *ret_signal)
{
	struct pollfd fds[] = {
		{ .fd = term->signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), timeout_msec) <= 0)
		return TOP_TIMEOUT;
	if (fds[0].revents)
		return on_signal(term, ret_signal);
	return on_key(ret_key, ret_signal);
}

void top_term_size(unsigned int *ret_width, unsigned int *ret_height)
{
	struct winsize size = { .ws_row = 0 };

	*ret_width = 80;
	*ret_height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	*ret_width = size.ws_col;
	*ret_height = size.ws_row;
}
