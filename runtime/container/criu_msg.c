/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/criu_msg.h"

#include <string.h>

enum wire { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };

/* ---- writing ---- */

static void put_varint(struct strbuf *msg, uint64_t value)
{
	while (value >= 0x80) {
		strbuf_add_char(msg, (char)(value | 0x80));
		value >>= 7;
	}
	strbuf_add_char(msg, (char)value);
}

void criu_msg_put(struct strbuf *msg, unsigned int member, uint64_t value)
{
	put_varint(msg, member << 3 | WIRE_VARINT);
	put_varint(msg, value);
}

static void put_bytes(struct strbuf *msg, unsigned int member, const char *data, size_t len)
{
	put_varint(msg, member << 3 | WIRE_BYTES);
	put_varint(msg, len);
	strbuf_add_mem(msg, data, len);
}

void criu_msg_put_text(struct strbuf *msg, unsigned int member, const char *text)
{
	put_bytes(msg, member, text, strlen(text));
}

void criu_msg_put_part(struct strbuf *msg, unsigned int member, const struct strbuf *part)
{
	put_bytes(msg, member, part->text, part->len);
	if (part->failed)
		msg->failed = true;
}

/* criu_req: type, opts, notify_success */
void criu_msg_request(struct strbuf *msg, enum criu_type type, const struct strbuf *opts)
{
	criu_msg_put(msg, 1, type);
	criu_msg_put_part(msg, 2, opts);
}

void criu_msg_go_on(struct strbuf *msg, bool success)
{
	criu_msg_put(msg, 1, CRIU_NOTIFY);
	criu_msg_put(msg, 3, success);
}

/* ---- reading ---- */

struct reader {
	const unsigned char *at, *end;
};

struct field {
	unsigned int member;
	uint64_t value;      /* a number */
	struct reader bytes; /* else */
};

static int get_varint(struct reader *r, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; r->at < r->end && shift < 64; shift += 7) {
		unsigned char c = *r->at++;

		value |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*ret = value;
			return 0;
		}
	}
	return -1;
}

static int take(struct reader *r, uint64_t len, struct field *field)
{
	if (len > (uint64_t)(r->end - r->at))
		return -1;
	field->bytes = (struct reader){ r->at, r->at + len };
	r->at += len;
	return 0;
}

/* 1, 0 at the end, or -1. */
static int get_field(struct reader *r, struct field *ret)
{
	uint64_t tag, len;

	*ret = (struct field){ 0 };
	if (r->at == r->end)
		return 0;
	if (get_varint(r, &tag) < 0 || tag >> 3 > UINT32_MAX)
		return -1;
	ret->member = (unsigned int)(tag >> 3);
	switch (tag & 7) {
	case WIRE_VARINT:
		return get_varint(r, &ret->value) < 0 ? -1 : 1;
	case WIRE_BYTES:
		return get_varint(r, &len) < 0 || take(r, len, ret) < 0 ? -1 : 1;
	case WIRE_FIXED64:
		return take(r, 8, ret) < 0 ? -1 : 1;
	case WIRE_FIXED32:
		return take(r, 4, ret) < 0 ? -1 : 1;
	default:
		return -1;
	}
}

static void copy_text(char *to, size_t size, const struct reader *bytes)
{
	size_t len = (size_t)(bytes->end - bytes->at);

	if (len >= size)
		len = size - 1;
	if (len > 0)
		memcpy(to, bytes->at, len);
	to[len] = '\0';
}

/* criu_restore_resp: pid; criu_notify: script, pid. */
static int parse_part(struct reader bytes, bool notify, struct criu_resp *ret)
{
	struct field field;
	int more;

	while ((more = get_field(&bytes, &field)) > 0) {
		if (field.member == (notify ? 2 : 1))
			ret->pid = (int64_t)field.value;
		else if (notify && field.member == 1)
			copy_text(ret->script, sizeof(ret->script), &field.bytes);
	}
	return more;
}

int criu_msg_parse(const void *data, size_t len, struct criu_resp *ret)
{
	struct reader r = { data, (const unsigned char *)data + len };
	struct criu_resp resp = { 0 };
	struct field field;
	int more;

	while ((more = get_field(&r, &field)) > 0) {
		if (field.member == 1)
			resp.type = (int)field.value;
		else if (field.member == 2)
			resp.success = field.value != 0;
		else if ((field.member == 4 || field.member == 5) &&
			 parse_part(field.bytes, field.member == 5, &resp) < 0)
			return -1;
		else if (field.member == 7)
			resp.error = (int64_t)field.value;
		else if (field.member == 9)
			copy_text(resp.text, sizeof(resp.text), &field.bytes);
	}
	if (more < 0 || resp.type == 0)
		return -1;
	*ret = resp;
	return 0;
}
