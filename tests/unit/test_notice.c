/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include "runtime/base/notice.h"
#include "tests/unit/scratch.h"

struct seen {
	unsigned int kinds; /* 1 << kind */
	unsigned int n;
	struct notice_set *set; /* in which `end` is ended, or NULL */
	int *end;
};

static int see(void *arg, const struct notice_event *event, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	assert_ptr_equal(event->owner, seen);
	seen->kinds |= 1U << event->kind;
	seen->n++;
	if (seen->set)
		notice_remove(seen->set, seen->end);
	return 0;
}

static void touch(const struct scratch *scratch, const char *name)
{
	int fd = openat(scratch->fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static int add(struct notice_set *set, const struct scratch *scratch, const char *name,
	       uint32_t mask, struct seen *seen, unsigned int kind)
{
	char path[512];
	struct err err;
	int wd;

	snprintf(path, sizeof(path), "%s/%s", scratch->path, name);
	assert_ok(wd = notice_add(set, path, mask, seen, kind, &err), &err);
	return wd;
}

static void each_event_goes_to_its_owner(void **state)
{
	auto_notice_set struct notice_set set = { .fd = -1 };
	struct seen seen = { 0 };
	struct err err;
	int a, b;

	assert_ok(notice_open(&set, &err), &err);
	touch(*state, "a");
	touch(*state, "b");
	a = add(&set, *state, "a", IN_MODIFY | IN_ONESHOT, &seen, 1);
	b = add(&set, *state, "b", IN_MODIFY, &seen, 2);
	for (int i = 0; i < 2; i++) {
		touch(*state, "a");
		touch(*state, "b");
		assert_ok(notice_read(&set, see, &seen, &err), &err);
	}
	assert_int_equal(seen.kinds, 1U << 1 | 1U << 2);
	assert_int_equal(seen.n, 3); /* a once */
	assert_int_equal(set.n, 1);
	notice_remove(&set, &a); /* ended by itself */
	notice_remove(&set, &b);
	assert_int_equal(b, -1);
	assert_int_equal(set.n, 0);
}

static void what_was_ended_is_not_told(void **state)
{
	auto_notice_set struct notice_set set = { .fd = -1 };
	struct seen seen = { .set = &set };
	struct err err;
	int b;

	assert_ok(notice_open(&set, &err), &err);
	touch(*state, "a");
	touch(*state, "b");
	add(&set, *state, "a", IN_MODIFY, &seen, 1);
	b = add(&set, *state, "b", IN_MODIFY, &seen, 2);
	seen.end = &b;
	touch(*state, "a");
	touch(*state, "b");
	assert_ok(notice_read(&set, see, &seen, &err), &err);
	assert_int_equal(seen.kinds, 1U << 1);
	assert_int_equal(notice_add(&set, "/nonexistent", IN_MODIFY, &seen, 1, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(each_event_goes_to_its_owner),
		scratch_test(what_was_ended_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
