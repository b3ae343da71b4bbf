# SPDX-License-Identifier: GPL-2.0-or-later
# similar_text() of PHP, by which a billing panel judges vzctl's output: how many percent of the
# characters of ARGV[1] and ARGV[2] are alike. The longest text that both have, and the same to
# the left and to the right of it.

function similar(a, b,   i, j, max, at, bt)
{
	for (i = 1; i + max <= length(a); i++)
		while (i + max <= length(a) && (j = index(b, substr(a, i, max + 1)))) {
			max++
			at = i
			bt = j
		}
	if (!max)
		return 0
	return max + similar(substr(a, 1, at - 1), substr(b, 1, bt - 1)) + \
		similar(substr(a, at + max), substr(b, bt + max))
}

BEGIN { printf "%.2f\n", similar(ARGV[1], ARGV[2]) * 200 / (length(ARGV[1]) + length(ARGV[2])) }
