/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device program's text, run by an interpreter of the few instructions that it is made of.
 * That the kernel takes the program and obeys it is tested in test_cgroup.c. */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/kernel/devices_bpf.h"

#define R BPF_DEVCG_ACC_READ
#define W BPF_DEVCG_ACC_WRITE
#define M BPF_DEVCG_ACC_MKNOD

#define RULE(allow_, type_, major_, minor_, access_)                                      \
	{                                                                                 \
		.allow = (allow_), .type = (type_), .major = (major_), .minor = (minor_), \
		.read = ((access_)&R) != 0, .write = ((access_)&W) != 0,                  \
		.mknod = ((access_)&M) != 0                                               \
	}
#define DENY_ALL RULE(false, 'a', -1, -1, R | W | M)
#define ALLOW_ALL RULE(true, 'a', -1, -1, R | W | M)

/* ---- the interpreter ---- */

static uint32_t load_word(const struct bpf_cgroup_dev_ctx *ctx, int off)
{
	uint32_t value;

	assert_in_range(off, 0, sizeof(*ctx) - sizeof(value));
	memcpy(&value, (const char *)ctx + off, sizeof(value));
	return value;
}

static uint64_t compute(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_MOV:
		return b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_SUB:
		return a - b;
	case BPF_LSH:
		return a << b;
	case BPF_RSH:
		return a >> b;
	case BPF_MUL:
		return a * b;
	default:
		fail_msg("unknown operation %#x", op);
		return 0;
	}
}

/* r1 holds the context until something else is put there. */
static uint64_t run(const struct devices_bpf *program, const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t reg[11] = { 0 };
	bool ctx_in_r1 = true;

	for (size_t pc = 0; pc < program->n; pc++) {
		const struct bpf_insn *i = &program->insn[pc];
		uint64_t operand =
			BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (uint64_t)(int64_t)i->imm;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_true(ctx_in_r1 && i->src_reg == 1);
			reg[i->dst_reg] = load_word(ctx, i->off);
			break;
		case BPF_LD | BPF_DW | BPF_IMM:
			reg[i->dst_reg] = (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;
			pc++;
			break;
		case BPF_JMP | BPF_EXIT:
			assert_int_equal(pc, program->n - 1);
			return reg[0];
		default:
			assert_int_equal(BPF_CLASS(i->code), BPF_ALU64);
			reg[i->dst_reg] = compute(BPF_OP(i->code), reg[i->dst_reg], operand);
			break;
		}
		ctx_in_r1 &= i->dst_reg != 1;
	}
	fail_msg("the program has no end");
	return 0;
}

/* Does a container with these rules get at the device? */
static bool allowed(const struct spec_device_rule *rules, size_t n, char type, uint32_t major,
		    uint32_t minor, uint32_t access)
{
	struct bpf_cgroup_dev_ctx ctx = { 0, major, minor };
	auto_devices_bpf struct devices_bpf program = { 0 };
	struct err err = { 0 };
	uint64_t result;

	ctx.access_type = access << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	assert_ok(devices_bpf_compile(rules, n, &program, &err), &err);
	result = run(&program, &ctx);
	assert_in_range(result, 0, 1);
	return result == 1;
}

#define ALLOWED(rules, ...) allowed(rules, ARRAY_SIZE(rules), __VA_ARGS__)

/* ---- tests ---- */

static void no_rule_denies_all_but_the_defaults(void **state)
{
	(void)state;
	assert_true(allowed(NULL, 0, 'c', 1, 3, R | W));
	assert_true(allowed(NULL, 0, 'c', 136, 7, R | W));
	assert_true(allowed(NULL, 0, 'c', 10, 200, R | W));
	assert_false(allowed(NULL, 0, 'c', 1, 1, R));
	assert_false(allowed(NULL, 0, 'b', 1, 3, R));
	assert_false(allowed(NULL, 0, 'b', 8, 0, R));
}

static void any_node_can_be_made(void **state)
{
	const struct spec_device_rule rules[] = { DENY_ALL };

	(void)state;
	assert_true(ALLOWED(rules, 'b', 8, 0, M));
	assert_true(ALLOWED(rules, 'c', 1, 1, M));
	assert_false(ALLOWED(rules, 'b', 8, 0, M | R));
}

static void deny_all_leaves_the_defaults(void **state)
{
	const struct spec_device_rule rules[] = { ALLOW_ALL, DENY_ALL };

	(void)state;
	assert_true(ALLOWED(rules, 'c', 5, 0, R | W));
	assert_false(ALLOWED(rules, 'c', 10, 229, R | W));
}

static void later_rule_wins(void **state)
{
	const struct spec_device_rule open_then_closed[] = { RULE(true, 'c', 10, 229, R | W),
							     RULE(false, 'c', 10, 229, R | W) };
	const struct spec_device_rule closed_then_open[] = { RULE(false, 'c', 10, 229, R | W),
							     RULE(true, 'c', 10, 229, R | W) };

	(void)state;
	assert_false(ALLOWED(open_then_closed, 'c', 10, 229, R));
	assert_true(ALLOWED(closed_then_open, 'c', 10, 229, R));
}

static void every_access_asked_for_must_be_allowed(void **state)
{
	const struct spec_device_rule rules[] = { DENY_ALL, RULE(true, 'b', 8, 0, R) };

	(void)state;
	assert_true(ALLOWED(rules, 'b', 8, 0, R));
	assert_false(ALLOWED(rules, 'b', 8, 0, W));
	assert_false(ALLOWED(rules, 'b', 8, 0, R | W));
}

static void accesses_of_several_rules_add_up(void **state)
{
	const struct spec_device_rule rules[] = { DENY_ALL, RULE(true, 'b', 8, 0, R),
						  RULE(true, 'b', 8, -1, W) };

	(void)state;
	assert_true(ALLOWED(rules, 'b', 8, 0, R | W));
	assert_false(ALLOWED(rules, 'b', 8, 1, R | W));
}

static void denied_write_also_denies_reading_and_writing(void **state)
{
	const struct spec_device_rule rules[] = { ALLOW_ALL, RULE(false, 'b', 8, 0, W) };

	(void)state;
	assert_true(ALLOWED(rules, 'b', 8, 0, R));
	assert_false(ALLOWED(rules, 'b', 8, 0, W));
	assert_false(ALLOWED(rules, 'b', 8, 0, R | W));
	assert_true(ALLOWED(rules, 'b', 8, 1, R | W));
}

static void wildcards_match_every_number(void **state)
{
	const struct spec_device_rule rules[] = { RULE(true, 'c', 200, -1, R),
						  RULE(true, 'b', -1, 5, R) };

	(void)state;
	assert_true(ALLOWED(rules, 'c', 200, 0, R));
	assert_true(ALLOWED(rules, 'c', 200, UINT32_MAX, R));
	assert_false(ALLOWED(rules, 'c', 201, 0, R));
	assert_true(ALLOWED(rules, 'b', 99, 5, R));
	assert_false(ALLOWED(rules, 'b', 99, 6, R));
	assert_false(ALLOWED(rules, 'b', 200, 0, R));
}

static void type_a_means_every_number(void **state)
{
	const struct spec_device_rule rules[] = { RULE(true, 'a', 8, 0, R) };

	(void)state;
	assert_true(ALLOWED(rules, 'c', 3, 3, R));
	assert_false(ALLOWED(rules, 'c', 3, 3, W));
}

static void large_numbers_are_compared_whole(void **state)
{
	const struct spec_device_rule rules[] = { RULE(true, 'c', 4095, 0x80000001, R) };

	(void)state;
	assert_true(ALLOWED(rules, 'c', 4095, 0x80000001, R));
	assert_false(ALLOWED(rules, 'c', 4095, 1, R));
	assert_false(ALLOWED(rules, 'b', 4095, 0x80000001, R));
}

static void allow_all_needs_no_program(void **state)
{
	const struct spec_device_rule all[] = { DENY_ALL, RULE(false, 'b', 8, 0, R), ALLOW_ALL };
	const struct spec_device_rule but_one[] = { ALLOW_ALL, RULE(false, 'b', 8, 0, R) };
	auto_devices_bpf struct devices_bpf first = { 0 }, second = { 0 };
	struct err err;

	(void)state;
	assert_ok(devices_bpf_compile(all, ARRAY_SIZE(all), &first, &err), &err);
	assert_true(first.allows_all);
	assert_ok(devices_bpf_compile(but_one, ARRAY_SIZE(but_one), &second, &err), &err);
	assert_false(second.allows_all);
}

static void number_that_no_device_has_matches_none(void **state)
{
	const struct spec_device_rule rules[] = { RULE(true, 'c', 1LL << 32, 0, R),
						  RULE(true, 'c', 1LL << 29, 0, R),
						  RULE(true, 'c', 7, 1LL << 32, R) };

	(void)state;
	assert_false(ALLOWED(rules, 'c', 0, 0, R));
	assert_false(ALLOWED(rules, 'c', 7, 0, R));
}

/* The rules said plainly: what a rule decides is taken out of `access`. */
static bool model(const struct spec_device_rule *rules, size_t n, char type, uint32_t major,
		  uint32_t minor, uint32_t access)
{
	for (size_t i = n + DEVICES_BPF_DEFAULTS; i-- > 0;) {
		const struct spec_device_rule *r = i < n ? &rules[i] : &devices_bpf_defaults[i - n];
		uint32_t named = (r->read ? R : 0U) | (r->write ? W : 0U) | (r->mknod ? M : 0U);

		if (r->type != 'a' && (r->type != type || (r->major >= 0 && r->major != major) ||
				       (r->minor >= 0 && r->minor != minor)))
			continue;
		if (!r->allow && (named & access))
			return false;
		access &= r->allow ? ~named : ~0U;
		if (access == 0)
			return true;
	}
	return false;
}

static void random_rules_agree_with_the_model(void **state)
{
	static const char types[] = "abc";
	struct spec_device_rule rules[6];

	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		size_t n = (size_t)rand() % (ARRAY_SIZE(rules) + 1);

		for (size_t i = 0; i < n; i++)
			rules[i] = (struct spec_device_rule)RULE(rand() % 2, types[rand() % 3],
								 rand() % 4 - 1, rand() % 4 - 1,
								 rand() % 7 + 1);
		for (uint32_t access = 1; access <= 7; access++)
			for (uint32_t dev = 0; dev < 18; dev++)
				assert_int_equal(allowed(rules, n, types[1 + dev % 2], dev / 2 % 3,
							 dev / 6, access),
						 model(rules, n, types[1 + dev % 2], dev / 2 % 3,
						       dev / 6, access));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rule_denies_all_but_the_defaults),
		cmocka_unit_test(any_node_can_be_made),
		cmocka_unit_test(deny_all_leaves_the_defaults),
		cmocka_unit_test(later_rule_wins),
		cmocka_unit_test(every_access_asked_for_must_be_allowed),
		cmocka_unit_test(accesses_of_several_rules_add_up),
		cmocka_unit_test(denied_write_also_denies_reading_and_writing),
		cmocka_unit_test(wildcards_match_every_number),
		cmocka_unit_test(type_a_means_every_number),
		cmocka_unit_test(large_numbers_are_compared_whole),
		cmocka_unit_test(allow_all_needs_no_program),
		cmocka_unit_test(number_that_no_device_has_matches_none),
		cmocka_unit_test(random_rules_agree_with_the_model),
	};

	return cmocka_run_group_tests_name("cgroup_devices", tests, NULL, NULL);
}
