/* Takes a connection from a library that goes on to use its file. */
#pragma once

/* `file` is a connection's, which the library knows by that number and goes on to read, write and
 * close: from now on it is one end of a pair of sockets, *speaker the other end, and *camera the
 * connection. Who calls owns those two, and must have taken `file` out of its epoll instances
 * before, which know files by their connection. All are closed in programs that are started.
 * Returns 0 or a negative errno: then nothing has changed. */
int divert(int file, int *camera, int *speaker);
