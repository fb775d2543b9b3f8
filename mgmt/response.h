/* A reply of the API's on its way to who asked by HTTP. */
#pragma once

#include <microhttpd.h>

#include "core/api.h"

/* What says that nothing more can be asked afterwards. */
struct refusal {
	const char *header, *value; /* that go with it; NULL: none does */
};

/* Leaves of a reply that the client has already (If-None-Match: RFC 9110, 13.1.2) its tag alone.
 * The server's thread. */
void response_leave_out_known(struct MHD_Connection *connection, struct gw_reply *reply);

/* Sends the reply and releases it. `refusal`: it is one; NULL: it is none. MHD_NO: the connection
 * is to be closed. The server's thread. */
enum MHD_Result response_send(
	struct MHD_Connection *connection, struct gw_reply *reply, const struct refusal *refusal);
