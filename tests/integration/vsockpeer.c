/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In a guest: connects to a port of the host's and sends a line; then waits at a port of its own and
 * sends back the first line that comes.
 *
 *	vsockpeer HOST-PORT OWN-PORT
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

int main(int argc, char **argv)
{
	struct sockaddr_vm host = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST };
	struct sockaddr_vm own = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	char line[256];
	int caller, listener, fd;
	ssize_t n;

	if (argc != 3)
		errx(2, "usage: vsockpeer HOST-PORT OWN-PORT");
	host.svm_port = (unsigned int)atoi(argv[1]);
	own.svm_port = (unsigned int)atoi(argv[2]);
	caller = socket(AF_VSOCK, SOCK_STREAM, 0);
	listener = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&own, sizeof(own)) < 0 || listen(listener, 1) < 0)
		err(1, "listen");
	if (connect(caller, (struct sockaddr *)&host, sizeof(host)) < 0)
		err(1, "connect");
	if (write(caller, "ready\n", 6) != 6)
		err(1, "write");
	close(caller);
	fd = accept(listener, NULL, NULL);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line));
	if (n <= 0 || write(fd, line, (size_t)n) != n)
		err(1, "echo");
	shutdown(fd, SHUT_WR);
	n = read(fd, line, sizeof(line)); /* until the other end has closed */
	return n ? 1 : 0;
}
