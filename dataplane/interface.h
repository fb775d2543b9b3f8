/* A network interface as the kernel has it now. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct interface {
	char name[IFNAMSIZ];
	uint32_t index; /* 0: there is none of that name; then the rest means nothing */
	bool is_up; /* somebody set it up */
	bool has_link; /* and it has a carrier */
	uint32_t mtu;
};

/* A socket to ask the kernel with, which the caller closes; or -1 and errno. */
int interface_socket(void);

/* Fills in all but the name. Three system calls that do not block. */
void interface_ask(int fd, struct interface *interface);
