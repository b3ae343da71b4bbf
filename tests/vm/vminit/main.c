/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vminit: the first process of the test VM. It makes a system, runs the job in it, passes its
 * output on and reports how it ended.
 *
 * The job is in the initramfs, as files of NUL-terminated strings that tests/vm/run wrote:
 *
 *   /job/argv  the command            /job/keep  host folders that must stay visible
 *   /job/env   its environment        /job/work  host folders to be writable
 *   /job/cwd   its working directory
 *
 * Output goes to the virtio ports "out" and "err", or all to "out" if there is no "err". The end
 * is one line on port "status": exit status, bytes sent to out, bytes sent to err. So the host
 * knows what it still has to wait for, and ends the VM; nothing is flushed here.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tests/vm/vminit/file.h"
#include "tests/vm/vminit/job.h"
#include "tests/vm/vminit/system.h"

static void console_open(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(void)
{
	struct job job;

	console_open();
	job.argv = file_strings("/job/argv");
	job.env = file_strings("/job/env");
	job.cwd = file_strings("/job/cwd")[0];
	system_start(file_strings("/job/keep"), file_strings("/job/work"));
	job_run(&job);
	for (;;)
		pause();
}
