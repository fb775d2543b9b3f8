/* Every kind of alarm there is: its name in the API, records, metrics and the configuration; the
 * journal's message id (packaging/debian/framegate.catalog explains each); whether it is about
 * cameras, of which many may have it at once; and what to do.
 *
 * A name and an id stay for ever: who is told may have rules for them.
 */
#pragma once

#define GW_ALARM_KINDS(X) \
	X(CAMERA_SILENT, "camera_silent", "3d6f0a52c1b74e0f9a87b1c46e2d9501", true, \
		"look at its power, its cable and the address that it sends to, then at `gwctl " \
		"camera show`") \
	X(CAMERA_FROZEN, "camera_frozen", "3d6f0a52c1b74e0f9a87b1c46e2d9502", true, \
		"start the camera again: it sends the same picture over and over") \
	X(CAMERA_BLACK, "camera_black", "3d6f0a52c1b74e0f9a87b1c46e2d9503", true, \
		"look for a cap, paint or a failed lamp; `alarms.black` says what counts as " \
		"black") \
	X(CAMERA_LOSS, "camera_loss", "3d6f0a52c1b74e0f9a87b1c46e2d9504", true, \
		"look at the network between camera and gateway, and at `missed` of the port in " \
		"`gwctl stages`") \
	X(OVERLOAD, "overload", "3d6f0a52c1b74e0f9a87b1c46e2d9505", false, \
		"lower the cameras' rates, or give the stage that `gwctl stages` shows as busy " \
		"more threads") \
	X(KAFKA_LATE, "kafka_late", "3d6f0a52c1b74e0f9a87b1c46e2d9506", false, \
		"look at the brokers and at the way to them: `gwctl status` tells their last " \
		"error") \
	X(SPOOL_FILLING, "spool_filling", "3d6f0a52c1b74e0f9a87b1c46e2d9507", false, \
		"bring the brokers back: when the spool is full, the oldest records give way") \
	X(DISK, "disk", "3d6f0a52c1b74e0f9a87b1c46e2d9508", false, \
		"make room on it, or replace it") \
	X(PORT_DOWN, "port_down", "3d6f0a52c1b74e0f9a87b1c46e2d9509", false, \
		"look at the cable and at the switch") \
	X(DEVICE_LOST, "device_lost", "3d6f0a52c1b74e0f9a87b1c46e2d950a", false, \
		"see the log for what it answered, and `gwctl accel list`; others do its work " \
		"meanwhile") \
	X(MODEL_FAILING, "model_failing", "3d6f0a52c1b74e0f9a87b1c46e2d950b", false, \
		"see the log for how it fails; `gwctl model rollback` goes back to the version " \
		"before") \
	X(CLOCK, "clock", "3d6f0a52c1b74e0f9a87b1c46e2d950c", false, \
		"have this machine ask a time server: results carry its time") \
	X(CERTIFICATE, "certificate", "3d6f0a52c1b74e0f9a87b1c46e2d950d", false, \
		"put a new one in the place of `api.https.certificate`: it is read without a " \
		"restart") \
	X(UPDATE_FAILED, "update_failed", "3d6f0a52c1b74e0f9a87b1c46e2d950e", false, \
		"see `gwctl system status`, and the journal of the start that failed; the alarm " \
		"is over with the next update")
