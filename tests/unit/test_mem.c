/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/mem.h"
#include "tests/unit/unit.h"

static void append_grows_and_zeroes(void **state)
{
	auto_free int *list = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int *slot = mem_append(&list, &n, sizeof(*list));

		assert_non_null(slot);
		assert_int_equal(*slot, 0);
		*slot = i;
		assert_int_equal(n, (size_t)i + 1);
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
}

static void append_refuses_what_overflows(void **state)
{
	void *list = NULL;
	size_t n = 0;

	(void)state;
	assert_non_null(mem_append(&list, &n, 16));
	errno = 0;
	assert_null(mem_append(&list, &n, SIZE_MAX / 2 + 1));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(n, 1);
	free(list);
}

static void steal_leaves_nothing_behind(void **state)
{
	char *p = malloc(1), *q;

	(void)state;
	q = steal_ptr(&p);
	assert_non_null(q);
	assert_null(p);
	free(q);
}

static void what_was_written_stays_when_code_is_let_go(void **state)
{
	static int in_data = 1, in_bss;

	(void)state;
	in_data = 42;
	in_bss = 43;
	mem_let_go_code();
	assert_int_equal(in_data, 42);
	assert_int_equal(in_bss, 43);
	steal_leaves_nothing_behind(NULL); /* runs from pages that had left */
}

static void freeing_by_scope_keeps_errno(void **state)
{
	(void)state;
	errno = EXDEV;
	{
		auto_free char *p = malloc(100);

		assert_non_null(p);
	}
	assert_int_equal(errno, EXDEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_grows_and_zeroes),
		cmocka_unit_test(append_refuses_what_overflows),
		cmocka_unit_test(steal_leaves_nothing_behind),
		cmocka_unit_test(what_was_written_stays_when_code_is_let_go),
		cmocka_unit_test(freeing_by_scope_keeps_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
