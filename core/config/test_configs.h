/* Configurations for tests. */
#pragma once

#include "core/test.h"

#include <string.h>

#include "core/config/config.h"

/* Every key, with a value that is not its default. */
#define EVERY_KEY \
	"gateway: {name: gw1, mode: lossless, idle: spin}\n" \
	"cores: {rx: [1, 2], source: [5], decode: 3, accel: [4], sink: 1}\n" \
	"log: {level: debug, to: stderr}\n" \
	"interfaces: [{name: lan0, device: 'net_af_packet0,iface=veth0', checksum: off}]\n" \
	"cameras:\n" \
	"  - {name: a, source: '2001:db8::1', destination: 'ff3e::1', port: 1, ssrc: 7,\n" \
	"     payload_type: 96, width: 331, height: 237, conceal: true, rtcp: false,\n" \
	"     srtp: {suite: AES_CM_128_HMAC_SHA1_32, key_file: /k}, model: " \
	"'digits:2',\n" \
	"     orientation: ignore, rotate: 90, range: limited,\n" \
	"     quota: 3, region: {x: 1, y: 2, width: 3, height: 4}}\n" \
	"  - {name: '5', source: 10.0.0.1, destination: 10.0.0.2, port: 1, region: {},\n" \
	"     plan: [{model: objects, every: 3}, {name: kind, models: [m, 'm:2'], combine: " \
	"vote,\n" \
	"     from: objects, only: [car, 'off', 'a: b'], least: 0.3, most: 4, margin: 0.125}]}\n" \
	"frames:\n" \
	"  classes: [{width: 10, height: 20, count: 30}, {width: 400, height: 300, count: 50}]\n" \
	"  memory: 512\n" \
	"  populate: true\n" \
	"decode: {backend: turbo, workers: 2, max_width: 400, max_height: 300}\n" \
	"accel:\n" \
	"  {backend: ort, library: /x, device: gpu, repository: /y, threads: 2, helpers: 3,\n" \
	"   locality_wait: 30,\n" \
	"   devices: [{name: near, cores: [0, 2], threads: 3}, {name: far}]}\n" \
	"kafka:\n" \
	"  backend: kafka\n" \
	"  brokers: 127.0.0.1:9092\n" \
	"  directory: /d\n" \
	"  results: {topic: r}\n" \
	"  frames: {topic: f, every: 0, disagreement: 0.7, budget: 5}\n" \
	"  properties: [{name: linger.ms, value: '5'}, {name: sasl.password, value: hunter2}]\n" \
	"  spool: {directory: /s, size: 100, pictures: 20, durability: strict, interval: 50}\n" \
	"  source:\n" \
	"    topic: s\n" \
	"    group: g\n" \
	"    most: 7\n" \
	"    properties: [{name: sasl.pasword, value: \"a\\nb: 'c' \\u00e9 \"}]\n" \
	"    template:\n" \
	"      {model: m, quota: 9, width: 16, height: 8, rotate: 180, range: limited,\n" \
	"        orientation: ignore, region: {x: 1, width: 3, height: 4}}\n" \
	"api: {socket: /tmp/s, state: /t, groups: {admin: a, operate: o, view: v},\n" \
	"  https: {listen: '[::1]:8443', certificate: /c, key: /k}}\n" \
	"alarms: {raise: 9, clear: 8, loss: 7, frozen: 0, black: 6, disk: 4, clock: false,\n" \
	"  webhook: {url: 'https://h/', secret_file: /w, authorities: /a}}\n"

static inline struct gw_config *test_config(const char *text)
{
	struct gw_config *config;
	struct gw_error error;

	if (gw_config_parse(text, strlen(text), &config, &error) != 0)
		fail_msg("refused: %s", error.text);
	return config;
}
