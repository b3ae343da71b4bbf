/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol: what is spoken with a CT's monitor, over monitor.sock in the CT's state folder (a
 * SOCK_SEQPACKET socket that only root can reach): by programs that may be older or newer than
 * the monitor, which is as old as the CT's start.
 *
 * The monitor greets who connects with MONITOR_HELLO. Each message is a struct monitor_message;
 * what belongs to its type is in `arg` and in the bytes behind. Rules for what is to come:
 * - MONITOR_VERSION stays as it is while all messages keep their meaning. Something new is a new
 *   type and a bit of the features, which the greeting tells.
 * - Of a type that one does not know, a monitor says MONITOR_UNKNOWN and goes on; a client reads
 *   over it. Bytes behind the ones that are known are read over too.
 * - A client that finds another version speaks only the words that no version may change: HELLO,
 *   CLAIM, CLAIMED, DONE, ENDED.
 */
#ifndef RUNTIME_MONITOR_PROTOCOL_H
#define RUNTIME_MONITOR_PROTOCOL_H

#include <stdint.h>

#define MONITOR_SOCKET "monitor.sock"

#define MONITOR_MAGIC 0x6e6f4d56U /* "VMon" */

/* Both may be set from outside, to build a monitor of another age for tests. */
#ifndef MONITOR_VERSION
#define MONITOR_VERSION 1
#endif
#ifndef MONITOR_FEATURES
#define MONITOR_FEATURES (MONITOR_HAS_CONSOLE | MONITOR_HAS_REPLAY)
#endif
#define MONITOR_HAS_CONSOLE 1U /* ATTACH, INPUT, RESIZE, OUTPUT, SKIPPED */
#define MONITOR_HAS_REPLAY 2U  /* ATTACH begins with what was said before */

enum monitor_type {
	/* From the monitor. arg: MONITOR_VERSION. Then a struct monitor_hello. */
	MONITOR_HELLO = 1,
	/* To it: "what comes after the init's end is mine to do". It holds as long as the connection,
	 * until DONE. The answer is CLAIMED. Without a claim the monitor has it done. */
	MONITOR_CLAIM = 2,
	MONITOR_CLAIMED = 3,
	/* To it, from who claimed: all is done, so the monitor may go. */
	MONITOR_DONE = 4,
	/* To it, from who claimed: the CT goes on, and the monitor looks after it again. */
	MONITOR_RELEASE = 5,
	/* From it, to all: the init has ended. arg: MONITOR_EXITED(code), MONITOR_KILLED(signal), or
	 * MONITOR_NOT_KNOWN. */
	MONITOR_ENDED = 6,
	/* From it: what it does not know. arg: the type. */
	MONITOR_UNKNOWN = 7,
	/* To it, from who started it and before all: a struct monitor_job. */
	MONITOR_JOB = 8,

	/* To it: send me the console's output, from what is kept of it on (arg 0), or from now on
	 * (1). */
	MONITOR_ATTACH = 16,
	/* To it: bytes for the console. */
	MONITOR_INPUT = 17,
	/* To it: the terminal's size. arg: rows << 16 | columns. */
	MONITOR_RESIZE = 18,
	/* From it: bytes from the console. */
	MONITOR_OUTPUT = 19,
	/* From it: arg bytes were said that the client was too slow for. */
	MONITOR_SKIPPED = 20,
	/* From it, in answer to ATTACH: it has no console (arg 0), or it has (1). */
	MONITOR_ATTACHED = 21,
};

#define MONITOR_EXITED(code) ((uint32_t)(code))
#define MONITOR_KILLED(signal) (256U + (uint32_t)(signal))
#define MONITOR_NOT_KNOWN UINT32_MAX

struct monitor_message {
	uint32_t type, arg;
};

#define MONITOR_DATA_MAX 4096 /* bytes behind */

struct monitor_hello {
	uint32_t magic, features;
	int32_t pid;  /* of the monitor, in the host's pid namespace */
	int32_t init; /* of the CT's init */
};

/* ---- from who starts it ---- */

/* The fds that it is given. No other is open there but stdio, on /dev/null. */
enum monitor_fd {
	MONITOR_FD_INIT = 3, /* a pidfd */
	MONITOR_FD_SOCKET,   /* listens as MONITOR_SOCKET */
	MONITOR_FD_STARTER,  /* the first client, which has claimed: a SOCK_SEQPACKET pair's end */
	MONITOR_FD_CONSOLE,  /* the master of the console comes there (SCM_RIGHTS); or closed */
	MONITOR_FD_LOG,      /* where the console is logged; or closed */
	MONITOR_FD_END,
};

#define MONITOR_TEXT_MAX 12288
#define MONITOR_ARGS_MAX 24

/* What it runs when the init has ended and nobody claims the rest: a program and its first
 * arguments, each ended by a 0; behind them come "ended", a number as of ENDED ("unknown" for
 * MONITOR_NOT_KNOWN), and init_start. Exit statuses of it: 0: the monitor may go. MONITOR_AGAIN + n: it
 * becomes the same with "again" after a pause of monitor_pause_sec(n). All else: it is tried again,
 * some times. */
struct monitor_job {
	uint32_t version;  /* MONITOR_VERSION of who sends it: both are of one build */
	uint32_t is_child; /* is the init its child, whose end it can wait for? */
	int32_t init;
	uint32_t args_len; /* of them in text */
	uint32_t text_len;
	uint64_t init_start;
	uint32_t log_at;  /* where in text the path of MONITOR_FD_LOG is; 0: nothing is logged */
	uint32_t log_max; /* bytes; a log of that size becomes PATH.1 */
	char text[MONITOR_TEXT_MAX]; /* as long as it is */
};

#define MONITOR_AGAIN 64
#define MONITOR_PAUSES 8

static inline uint32_t monitor_pause_sec(uint32_t n)
{
	return n == 0 ? 0 : 1U << (n < MONITOR_PAUSES ? n - 1 : MONITOR_PAUSES - 2);
}

#endif
