/* What stands out in what a probe found, and what to do about it. */
#pragma once

#include "gwd/camera/probe.h"

#define PROBE_ADVICE 8

/* A line each; they live as long as the probe. Returns how many. */
uint32_t probe_advise(const struct probe *probe, const char *lines[PROBE_ADVICE]);

/* Whether the camera's packets are taken for SRTP. */
bool probe_is_encrypted(const struct probe *probe);
