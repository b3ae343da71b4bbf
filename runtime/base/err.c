/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Writes into buf what fits. An error is one line, and names in it may be a container's: what
 * would move a terminal's cursor becomes "?". */
static size_t put(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static size_t put(char *buf, size_t size, const char *fmt, va_list ap)
{
	size_t len = 0;

	vsnprintf(buf, size, fmt, ap);
	for (; buf[len]; len++)
		if ((unsigned char)buf[len] < ' ' || buf[len] == 0x7f)
			buf[len] = '?';
	return len;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	put(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	const char *answer = strerror(saved);
	size_t tail = strlen(answer) + strlen(": "), len;
	va_list ap;

	if (!err)
		return -1;
	err->code = saved;
	va_start(ap, fmt);
	/* The answer is what engines look for: the text before it is cut, not it. */
	len = put(err->msg, sizeof(err->msg) - tail, fmt, ap);
	va_end(ap);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", answer);
	errno = saved;
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char prefix[ERR_MSG_SIZE / 2];
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	va_start(ap, fmt);
	len = put(prefix, sizeof(prefix) - 2, fmt, ap);
	va_end(ap);
	memcpy(prefix + len, ": ", 2);
	len += 2;
	memmove(err->msg + len, err->msg, sizeof(err->msg) - len);
	memcpy(err->msg, prefix, len);
	err->msg[sizeof(err->msg) - 1] = '\0';
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	len = strlen(err->msg);
	if (sizeof(err->msg) - len < sizeof(" (x)"))
		return -1;
	memcpy(err->msg + len, " (", 2);
	len += 2;
	va_start(ap, fmt);
	len += put(err->msg + len, sizeof(err->msg) - len - 1, fmt, ap);
	va_end(ap);
	memcpy(err->msg + len, ")", 2);
	return -1;
}
