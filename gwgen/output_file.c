#include "gwgen/output.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "gwgen/traffic.h"

struct file {
	struct output base;
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	int64_t utc_ns;
	struct output_counts counts;
	uint8_t room[TRAFFIC_ROOM];
};

static uint8_t *file_room(struct output *output)
{
	return ((struct file *)output)->room;
}

static void file_put(struct output *output, uint32_t size, int64_t due_ns)
{
	struct file *file = (struct file *)output;
	const int64_t utc = file->utc_ns + due_ns;
	/* With that precision libpcap has nanoseconds in tv_usec. */
	const struct pcap_pkthdr header = {
		.ts = {.tv_sec = utc / GW_NS_PER_S, .tv_usec = utc % GW_NS_PER_S},
		.caplen = size,
		.len = size};

	pcap_dump((u_char *)file->dumper, &header, file->room);
	file->counts.sent++;
	file->counts.bytes += size;
}

/* What lies in memory still has to find its room. */
static int file_flush(struct output *output)
{
	struct file *file = (struct file *)output;

	errno = EIO;
	const bool failed = pcap_dump_flush(file->dumper) != 0;

	return failed || ferror(pcap_dump_file(file->dumper)) ? -errno : 0;
}

static void file_look(struct output *output, struct output_counts *counts)
{
	*counts = ((struct file *)output)->counts;
}

static uint32_t file_close(struct output *output)
{
	struct file *file = (struct file *)output;

	pcap_dump_close(file->dumper);
	pcap_close(file->pcap);
	free(file);
	return 0;
}

static const struct output_ops file_ops = {file_room, file_put, file_flush, file_look, file_close};

struct output *output_open_file(const char *path, int64_t utc_ns, struct gw_error *error)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file) {
		gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	file->base.ops = &file_ops;
	file->utc_ns = utc_ns;
	snprintf(file->base.driver, sizeof(file->base.driver), "pcap file");
	file->pcap =
		pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
	file->dumper = file->pcap ? pcap_dump_open(file->pcap, path) : NULL;
	if (!file->dumper) {
		gw_error_set(
			error, -EIO, "%s", file->pcap ? pcap_geterr(file->pcap) : "out of memory");
		if (file->pcap)
			pcap_close(file->pcap);
		free(file);
		return NULL;
	}
	return &file->base;
}
