#include "dataplane/way_back.h"

#include <string.h>
#include <sys/socket.h>

#include "core/test.h"

static const uint8_t payload[] = "an answer of odd length...";

/* A camera's datagram, with `tags` VLAN tags, from port 40001 to port 5005. */
static uint32_t make(const struct gw_camera_config *camera, uint32_t tags, uint8_t *frame)
{
	const bool v4 = camera->source_address.family == AF_INET;
	static const uint8_t macs[] = {2, 0, 0, 0, 0, 0x22, 2, 0, 0, 0, 0, 0x11};
	uint8_t *at = frame;

	memset(frame, 0, 128);
	memcpy(at, macs, sizeof(macs));
	at += 12;
	for (uint32_t i = 0; i < tags; i++, at += 4) {
		at[0] = 0x81;
		at[3] = (uint8_t)(100 + i);
	}
	at[0] = v4 ? 8 : 0x86;
	at[1] = v4 ? 0 : 0xDD;
	at += 2;
	at[0] = v4 ? 0x45 : 0x60;
	at[v4 ? 3 : 5] = v4 ? 36 : 16;
	at[v4 ? 9 : 6] = 17;
	memcpy(at + (v4 ? 12 : 8), camera->source_address.bytes, v4 ? 4 : 16);
	memcpy(at + (v4 ? 16 : 24), camera->destination_address.bytes, v4 ? 4 : 16);
	at += v4 ? 20 : 40;
	memcpy(at, (const uint8_t[]){40001 >> 8, 40001 & 255, 5005 >> 8, 5005 & 255, 0, 16}, 6);
	return (uint32_t)(at - frame) + 16;
}

static struct gw_camera_config camera_of(int family)
{
	struct gw_camera_config camera = {
		.source_address = {.family = family, .bytes = {10, 1, 2, 3}},
		.destination_address = {.family = family, .bytes = {10, 9, 8, 7}},
	};

	if (family == AF_INET6) {
		camera.source_address.bytes[15] = 1;
		camera.destination_address.bytes[15] = 2;
	}
	return camera;
}

static void an_answer_goes_the_way_back(void **state)
{
	for (int family = 0; family < 2; family++) {
		const struct gw_camera_config camera = camera_of(family ? AF_INET6 : AF_INET);

		for (uint32_t tags = 0; tags <= 2; tags++) {
			uint8_t frame[128], answer[WAY_BACK_HEADERS + sizeof(payload)];
			struct way_back way = {0};
			struct packet came, goes;

			assert_int_equal(packet_parse(frame, make(&camera, tags, frame),
						 PACKET_IP_TRUST, &came),
				GW_DROP_NONE);
			way_back_note(&way, frame, 3, &came);
			assert_int_equal(way.device, 3);
			const uint32_t size =
				way_back_write(&way, &camera, payload, sizeof(payload), answer);

			assert_int_equal(
				packet_parse(answer, size, PACKET_IP_CHECK, &goes), GW_DROP_NONE);
			assert_true(packet_udp_checksum_ok(&goes));
			assert_int_equal(goes.flow.port, 40001);
			assert_int_equal(goes.udp[0] << 8 | goes.udp[1], 5005);
			assert_memory_equal(
				goes.flow.source, came.flow.destination, sizeof(goes.flow.source));
			assert_memory_equal(goes.flow.destination, came.flow.source,
				sizeof(goes.flow.destination));
			assert_int_equal(goes.size, sizeof(payload));
			assert_memory_equal(goes.payload, payload, sizeof(payload));
			assert_memory_equal(answer, frame + 6, 6);
			assert_memory_equal(answer + 6, frame, 6);
			assert_memory_equal(answer + 12, frame + 12, 2 + 4 * tags);
		}
	}
}

static void there_is_no_way_back_to_a_group_or_before_a_packet_came(void **state)
{
	struct gw_camera_config camera = camera_of(AF_INET);
	uint8_t frame[128], answer[WAY_BACK_HEADERS + sizeof(payload)];
	struct way_back way = {0};
	struct packet came;

	assert_int_equal(way_back_write(&way, &camera, payload, sizeof(payload), answer), 0);
	camera.destination_address.bytes[0] = 239;
	assert_int_equal(
		packet_parse(frame, make(&camera, 0, frame), PACKET_IP_TRUST, &came), GW_DROP_NONE);
	way_back_note(&way, frame, 0, &came);
	assert_int_equal(way_back_write(&way, &camera, payload, sizeof(payload), answer), 0);
	camera = camera_of(AF_INET6);
	camera.destination_address.bytes[0] = 0xFF;
	assert_int_equal(way_back_write(&way, &camera, payload, sizeof(payload), answer), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_goes_the_way_back),
		cmocka_unit_test(there_is_no_way_back_to_a_group_or_before_a_packet_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
