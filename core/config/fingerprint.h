/* The fingerprint of a certificate, by which it is known whoever signed it. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GW_FINGERPRINT 32 /* bytes of SHA-256 */
#define GW_FINGERPRINT_TEXT (3 * GW_FINGERPRINT) /* with its end */

/* Takes "AB:CD:...", with or without colons, in capitals or not. False: it is none of SHA-256. */
bool gw_fingerprint_read(const char *text, uint8_t bytes[GW_FINGERPRINT]);

/* Writes "AB:CD:...". */
void gw_fingerprint_show(const uint8_t bytes[GW_FINGERPRINT], char text[GW_FINGERPRINT_TEXT]);
