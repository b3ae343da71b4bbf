#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each verb is killed before each of its creating calls: `delete --force` still cleans up.
. "${0%/*}/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "${0%/*}/faults.sh"

for scenario in $(scenarios); do
	eval "t_$scenario() { spoil_each --kill-at $scenario; }"
done

run_tests "$@"
