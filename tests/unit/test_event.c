/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <signal.h>

#include "runtime/cli/event.h"

static struct event of(enum event_type type)
{
	return (struct event){ .type = type,
			       .at = { .tv_sec = 1700000000, .tv_nsec = 1002003 },
			       .id = "101",
			       .name = "web",
			       .ct = true };
}

static void assert_json(const struct event *event, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	event_emit_json(event, &sb);
	assert_string_equal(sb.text, want);
}

static void assert_text(const struct event *event, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	setenv("TZ", "UTC", 1);
	event_emit_text(event, &sb);
	assert_string_equal(sb.text, want);
}

static void json_has_a_line_each(void **state)
{
	struct event event = of(EVENT_STOPPED);

	(void)state;
	event.end = (struct event_end){ .reason = EVENT_EXIT, .code = 3 };
	assert_json(&event, "{\"time\":\"2023-11-14T22:13:20.001002003Z\",\"type\":\"stopped\","
			    "\"id\":\"101\",\"name\":\"web\",\"ct\":true,\"reason\":\"exit\","
			    "\"exitCode\":3,\"signal\":null}\n");
	event = of(EVENT_LIMIT);
	event.name = NULL;
	event.ct = false;
	event.limit = (struct event_limit){ "memory", 2, 7, UINT64_MAX };
	assert_json(&event, "{\"time\":\"2023-11-14T22:13:20.001002003Z\",\"type\":\"limit\","
			    "\"id\":\"101\",\"name\":null,\"ct\":false,\"resource\":\"memory\","
			    "\"hits\":2,\"total\":7,\"limit\":null}\n");
}

static void text_is_aligned_and_clean(void **state)
{
	struct event event = of(EVENT_STARTED);
	char ram[] = "RAM", name[] = "NAME", *keys[] = { ram, name, NULL };

	(void)state;
	event.pid = 4711;
	assert_text(&event, "2023-11-14 22:13:20.001  started   101 (web)         process 4711\n");
	event = of(EVENT_PAUSED);
	assert_text(&event, "2023-11-14 22:13:20.001  paused    101 (web)\n");
	event = of(EVENT_CONFIG);
	event.name = "\033[31m";
	event.config.keys = keys;
	assert_text(&event, "2023-11-14 22:13:20.001  config    101 (?[31m)       RAM NAME\n");
	event = of(EVENT_LIMIT);
	event.limit = (struct event_limit){ "memory", 1, 1, 64 << 20 };
	assert_text(&event, "2023-11-14 22:13:20.001  limit     101 (web)         "
			    "memory: the limit of 64 MiB was hit once\n");
}

static void how_it_ended(void **state)
{
	struct event_end end = event_end_of(3 << 8, true, false);

	(void)state;
	assert_int_equal(end.reason, EVENT_EXIT);
	assert_int_equal(end.code, 3);
	end = event_end_of(SIGKILL, true, false);
	assert_int_equal(end.reason, EVENT_SIGNAL);
	assert_int_equal(end.signal, SIGKILL);
	assert_int_equal(event_end_of(SIGKILL, true, true).reason, EVENT_OUT_OF_MEMORY);
	assert_int_equal(event_end_of(SIGHUP, true, false).reason, EVENT_REBOOT);
	assert_int_equal(event_end_of(SIGINT, true, false).reason, EVENT_POWEROFF);
	/* Without a pid namespace of its own these are signals. */
	assert_int_equal(event_end_of(SIGHUP, false, false).reason, EVENT_SIGNAL);
}

static void types_are_read(void **state)
{
	uint32_t mask = 0;
	struct err err;

	(void)state;
	assert_ok(event_parse_types("stopped,oom", &mask, &err), &err);
	assert_int_equal(mask, 1U << EVENT_STOPPED | 1U << EVENT_OOM);
	assert_fails(event_parse_types("oom,stoped", &mask, &err), &err, ERR_USAGE,
		     "--type: there is no event \"stoped\" (did you mean stopped?)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_a_line_each),
		cmocka_unit_test(text_is_aligned_and_clean),
		cmocka_unit_test(how_it_ended),
		cmocka_unit_test(types_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
