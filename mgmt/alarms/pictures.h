/* Whether cameras send the same picture over and over, or a black one.
 *
 * A few cameras a second are looked at as somebody would in a browser (core/view.h), one after the
 * other: lanes copy one picture of each, and pay one load per frame for those that nobody looks at.
 * What is compared and decoded is so on the thread that looks.
 */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

/* Cameras looked at in a second, and seconds between two looks at one. */
#define ALARM_PICTURES_AT_ONCE 8
#define ALARM_PICTURES_EVERY_S 3

struct rates;
struct alarm_pictures;

/* NULL when out of memory. `rates` must outlive it. Close accepts NULL. */
struct alarm_pictures *alarm_pictures_open(struct gw *gw, struct rates *rates);
void alarm_pictures_close(struct alarm_pictures *pictures);

/* Takes the pictures that came, and compares and decodes them. The cameras are held for the taking
 * alone: who adds or changes one waits for no decoder. The thread that looks, about once a second.
 */
void alarm_pictures_see(struct alarm_pictures *pictures, int64_t now);

/* Asks for the next ones, and says what was found of all. The same thread, after that; the cameras
 * are held. */
void alarm_pictures_say(
	struct alarm_pictures *pictures, struct gw_alarm_patience patience, int64_t now);
