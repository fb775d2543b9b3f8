#include "dataplane/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "dataplane/pcapng.h"

static int check_link(pcap_t *pcap, const char *path, struct gw_error *error)
{
	if (pcap_datalink(pcap) == DLT_EN10MB)
		return 0;
	return gw_error_set(error, -EPROTOTYPE,
		"replay: %s holds %s packets: only Ethernet captures can be replayed (record with "
		"`tcpdump -i DEVICE`, not `-i any`)",
		path, pcap_datalink_val_to_name(pcap_datalink(pcap)));
}

static void note_fault(struct capture *capture, const char *path, const char *why)
{
	gw_error_set(&capture->fault, -EBADMSG,
		"replay: %s is damaged after %lu packets: %s: those before it were replayed", path,
		capture->packets, why);
}

/* Returns 0, or -EBADMSG when libpcap does not read on. */
static int count_packets(struct capture *capture, pcap_t *pcap, const char *path)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int status;

	capture->packets = 0;
	while ((status = pcap_next_ex(pcap, &header, &data)) == 1) {
		if (capture->packets++ == 0)
			capture->first_ns = header->ts.tv_sec * GW_NS_PER_S + header->ts.tv_usec;
	}
	if (status != PCAP_ERROR)
		return 0;
	note_fault(capture, path, pcap_geterr(pcap));
	return -EBADMSG;
}

static int open_pcap(
	struct capture *capture, const char *path, pcap_t **pcap, struct gw_error *error)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	char open_path[32];

	snprintf(open_path, sizeof(open_path), "/proc/self/fd/%d", capture->fd);
	*pcap = pcap_open_offline_with_tstamp_precision(
		open_path, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!*pcap)
		return gw_error_set(
			error, -EINVAL, "replay: %s is no packet capture: %s", path, reason);
	const int status = check_link(*pcap, path, error);

	if (status != 0)
		pcap_close(*pcap);
	return status;
}

/* libpcap does not read on: perhaps the interfaces of the file differ, and nothing is wrong. */
static int read_by_ourselves(struct capture *capture, const char *path, struct gw_error *error)
{
	const int copy = memfd_create("capture", MFD_CLOEXEC);
	pcap_t *pcap;

	if (copy < 0)
		return gw_error_set(error, -errno, "replay: %s", strerror(errno));
	const int status = pcapng_convert(capture->fd, copy, error);

	if (status != 0 && status != -EBADMSG) {
		close(copy);
		gw_error_prefix(error, "replay: %s: ", path);
		return status;
	}
	close(capture->fd);
	capture->fd = copy;
	if (open_pcap(capture, path, &pcap, error) != 0)
		return -EINVAL;
	capture->fault.text[0] = 0;
	count_packets(capture, pcap, path);
	if (status == -EBADMSG)
		note_fault(capture, path, "a block is malformed or cut short");
	pcap_close(pcap);
	return 0;
}

/* Opens the file and reads its header. 0, or a negative errno with an error line. */
static int begin(struct capture *capture, const char *path, pcap_t **pcap, struct gw_error *error)
{
	struct stat facts;

	*capture = (struct capture){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (capture->fd < 0)
		return gw_error_set(
			error, -errno, "replay: cannot read %s: %s", path, strerror(errno));
	if (fstat(capture->fd, &facts) != 0 || !S_ISREG(facts.st_mode))
		return gw_error_set(error, -EINVAL, "replay: %s is not a regular file", path);
	return open_pcap(capture, path, pcap, error);
}

int capture_check(const char *path, struct gw_error *error)
{
	struct capture capture;
	pcap_t *pcap = NULL;
	const int status = begin(&capture, path, &pcap, error);

	if (status == 0)
		pcap_close(pcap);
	capture_close(&capture);
	return status;
}

int capture_open(struct capture *capture, const char *path, struct gw_error *error)
{
	pcap_t *pcap = NULL;
	int status = begin(capture, path, &pcap, error);

	if (status != 0) {
		capture_close(capture);
		return status;
	}
	status = count_packets(capture, pcap, path);
	pcap_close(pcap);
	if (status != 0 && pcapng_is(capture->fd)) {
		status = read_by_ourselves(capture, path, error);
		if (status != 0) {
			capture_close(capture);
			return status;
		}
	}
	if (capture->fault.text[0])
		gw_warn("replay", "%s", capture->fault.text);
	return 0;
}

void capture_close(struct capture *capture)
{
	if (capture->fd >= 0)
		close(capture->fd);
	capture->fd = -1;
}
