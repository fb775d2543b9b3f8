/* DPDK's environment (EAL), started from what we need and not from words of the user's. One start
 * per process, in the main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/* As many as a configuration may have interfaces. */
#define EAL_PCI_DEVICES 32

struct eal_request {
	const char *const *pci; /* addresses of the devices that may be used */
	uint32_t pci_count;
	uint32_t memory_mib; /* for packets */
};

/* Starts EAL: from hugepages when enough are free, otherwise from ordinary memory. The calling
 * thread keeps its processor affinity. -EALREADY when it was started before in this process. */
int eal_open(const struct eal_request *request, struct gw_error *error);

/* After all ports are closed. Accepts that nothing was started. */
void eal_close(void);

/* Whether packets live in hugepages. Any thread. */
bool eal_uses_hugepages(void);

/* The last line that EAL or a driver logged, without its prefix and newline; "" when there is none.
 * Valid until the next one. The thread that opens ports. */
const char *eal_complaint(void);

/* Before something that may fail. */
void eal_forget_complaint(void);
