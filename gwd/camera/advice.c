#include "gwd/camera/advice.h"

bool probe_is_encrypted(const struct probe *probe)
{
	return probe->dialogue.learned.srtp_key.is_set || probe->camera->srtp;
}

/* Why there is no picture though the camera plays. */
static const char *why_nothing(const struct probe *probe)
{
	const struct measure *measure = &probe->measure;
	const uint64_t sealed = measure->refused[GW_DROP_SRTP_AUTH] +
		measure->refused[GW_DROP_SRTP_REPLAY] + measure->refused[GW_DROP_SRTP_BAD];

	if (measure->packets > 0)
		return probe_is_encrypted(probe)
			? "packets came, but no picture began: is this stream JPEG?"
			: "packets came, but no picture began: is this stream JPEG? What is "
			  "encrypted (SRTP) needs its key: --srtp";
	if (sealed > 0)
		return "packets came, but the key opens none: correct suite and key of srtp, or "
		       "let the camera say them (a=crypto)";
	if (measure->reports > 0)
		return "its reports (RTCP) came, but no packet of a picture: look at the stream's "
		       "settings in the camera";
	if (probe->dialogue.way == TRANSPORT_TCP)
		return "it plays, but no packet came within the connection: look at the stream's "
		       "settings in the camera, or restart it";
	if (probe->dialogue.way == TRANSPORT_MULTICAST)
		return "it plays, but no packet of its group came: let UDP through (firewalls, and "
		       "switches that keep groups from who did not join), and ask from the "
		       "machine and the network of the gateway";
	return "it plays, but no packet came: let UDP through (firewalls), and ask from the "
	       "machine and the network of the gateway";
}

uint32_t probe_advise(const struct probe *probe, const char *lines[PROBE_ADVICE])
{
	const struct measure *measure = &probe->measure;
	const struct sdp_stream *stream = &probe->dialogue.stream;
	const bool said = stream->width > 0;
	uint32_t count = 0;

	if (probe->trouble.text[0])
		lines[count++] = probe->trouble.text;
	else if (measure->pictures == 0)
		lines[count++] = why_nothing(probe);
	if (probe->udp_was_silent)
		lines[count++] = "nothing came by UDP, so TCP was asked for: let UDP through "
				 "(firewalls), or keep transport: tcp";
	if (measure->pictures > 0 && measure->width == 0 && !said)
		lines[count++] = "neither its packets nor its description say the size: give "
				 "width and height";
	if (measure->pictures > 0 && measure->width > 0 && said &&
		(((stream->width + 7) ^ measure->width) & 0x7F8) != 0 &&
		((stream->width ^ measure->width) & 0x7F8) != 0)
		lines[count++] = "its description says another size than its packets, which are "
				 "believed: look at the stream's settings";
	if (measure->size_varies)
		lines[count++] = "the size changes from picture to picture";
	if (measure->lost > 0)
		lines[count++] = probe->dialogue.way == TRANSPORT_TCP
			? "packets are missing, and TCP loses none: the camera leaves them out, "
			  "choose a smaller stream"
			: "packets were lost on the way: look at the network, or choose a "
			  "smaller stream";
	if (measure->ssrc_count > 1)
		lines[count++] = probe->dialogue.way == TRANSPORT_TCP
			? "several RTP sources send within the connection"
			: "several RTP sources send to this port";
	if (measure->with_tables == 0 && measure->without_tables > 0)
		lines[count++] = "its quantisation tables never came, and no picture can be made "
				 "without: restart the camera";
	return count;
}
