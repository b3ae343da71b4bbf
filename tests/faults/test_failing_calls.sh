#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each creating call of each verb fails once: one line says so, and nothing is left.
. "${0%/*}/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "${0%/*}/faults.sh"

for scenario in $(scenarios); do
	eval "t_$scenario() { spoil_each --nth $scenario; }"
done

run_tests "$@"
