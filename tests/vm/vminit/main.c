/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vminit: the first process of the test VM. It makes a system, runs the job in it, passes its
 * output on and reports how it ended.
 *
 * The job is in the initramfs, as files of NUL-terminated strings that tests/vm/run wrote:
 *
 *   /job/argv  the command            /job/keep  host folders that must stay visible
 *   /job/env   its environment        /job/work  host folders to be writable
 *   /job/cwd   its working directory  /job/init  systemd's program, if systemd shall run it
 *
 * With systemd there are two vminits: the first process makes the system and becomes systemd,
 * which starts the other one as a service for the job.
 *
 * Output goes to the virtio ports "out" and "err", or all to "out" if there is no "err". Port
 * "status" gets two lines: "started" before the command starts, and at its end: exit status, bytes
 * sent to out, bytes sent to err. So the host knows what it still has to wait for, and ends the
 * VM; nothing is flushed here.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tests/vm/vminit/file.h"
#include "tests/vm/vminit/job.h"
#include "tests/vm/vminit/system.h"
#include "tests/vm/vminit/systemd.h"

static void console_open(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void first_process(void)
{
	char *systemd = file_strings("/job/init")[0];
	char **keep = file_strings("/job/keep");
	char **work = file_strings("/job/work");
	int initramfs = systemd_clone_initramfs();
	struct job job;

	job_load(&job, "/job");
	system_start(keep, work);
	if (systemd)
		systemd_exec(systemd, initramfs);
	close(initramfs);
	job_run(&job);
}

static void service(void)
{
	struct job job;

	job_load(&job, SYSTEMD_INITRAMFS "/job");
	job_run(&job);
}

int main(void)
{
	console_open();
	if (getpid() == 1)
		first_process();
	else
		service();
	for (;;)
		pause();
}
