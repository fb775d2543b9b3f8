/* What the API says of devices and engines: handlers of the accel stage's routes. */
#pragma once

#include "core/api.h"

/* GET accel/list: devices, and the engines that this program knows, with what they lack. Slow: it
 * looks for their libraries. */
gw_api_handler accel_list;

/* GET accel/balance: who did how much since the start. */
gw_api_handler accel_balance;
