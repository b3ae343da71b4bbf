/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	err->code = saved;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char prefix[ERR_MSG_SIZE];
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix) - 2, fmt, ap);
	va_end(ap);
	len = strlen(prefix);
	memcpy(prefix + len, ": ", 3);
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
	vsnprintf(err->msg + len, sizeof(err->msg) - len - 1, fmt, ap);
	va_end(ap);
	strcat(err->msg, ")");
	return -1;
}
