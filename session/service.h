/* The sessions of all cameras with a `url`, beside the pipeline. One thread serves them all: none
 * waits for another. */
#pragma once

#include "core/gateway.h"

extern const struct gw_service_ops session_service;
