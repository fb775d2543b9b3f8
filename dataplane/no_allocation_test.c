/* The receive path's promise: after the start, no packet costs an allocation or a system call.
 *
 * Every call of this program's own code to the allocator goes through the counters below
 * (ld's --wrap, see meson.build). System calls are seen by the kernel: the same run in a child that
 * may do nothing but read, write and end (seccomp's strict mode) is killed by the first other one.
 */
#include "core/test.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/test_receiver.h"

#define PACKETS 10000
#define CAMERAS 2
#define PICTURES 4

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **made, size_t alignment, size_t size);
void __real_free(void *memory);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **made, size_t alignment, size_t size);
void __wrap_free(void *memory);

static uint64_t calls;

void *__wrap_malloc(size_t size)
{
	calls++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	calls++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	calls++;
	return __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	calls++;
	return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **made, size_t alignment, size_t size)
{
	calls++;
	return __real_posix_memalign(made, alignment, size);
}

void __wrap_free(void *memory)
{
	calls++;
	__real_free(memory);
}

/* Packets that were made beforehand: one after the other, as they lie in a port's buffers. */
struct traffic {
	struct test_receiver *receiver;
	struct test_packet packets[PACKETS];
	uint32_t count;
	uint64_t frames; /* that came out */
};

static void keep(struct traffic *traffic, const struct test_packet *packet)
{
	struct test_packet *copy = &traffic->packets[traffic->count];

	if (traffic->count == PACKETS)
		return;
	traffic->count++;
	copy->size = packet->size;
	copy->bytes = malloc(packet->size);
	memcpy(copy->bytes, packet->bytes, packet->size);
}

/* Frames of two cameras; from the hundredth packet on some are lost, twice there, or nonsense. */
static int set_up(void **state)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));
	struct test_camera cameras[CAMERAS];
	struct test_jpeg pictures[PICTURES];
	uint32_t number = 0;

	traffic->receiver = test_receiver_open(CAMERAS, false, 32);
	for (uint32_t i = 0; i < PICTURES; i++)
		test_jpeg_make(&pictures[i], 160, 120, 75, 1, 2, i % 2 ? 4 : 0, i);
	for (uint32_t i = 0; i < CAMERAS; i++)
		test_camera_init(&cameras[i], (uint8_t)(i * 2 + 1), 5004);
	for (uint32_t round = 0; traffic->count < PACKETS; round++) {
		struct test_camera *camera = &cameras[round % CAMERAS];

		test_camera_send(camera, &pictures[round % PICTURES]);
		for (uint32_t i = 0; i < camera->count; i++) {
			struct test_packet *packet = &camera->packets[i];

			number++;

			if (number > 100 && number % 97 == 0)
				packet->bytes[TEST_RTP_OFFSET] ^= 0xC0;
			if (number > 100 && number % 89 == 0)
				continue;
			keep(traffic, packet);
			if (number > 100 && number % 83 == 0)
				keep(traffic, packet);
		}
	}
	for (uint32_t i = 0; i < CAMERAS; i++)
		test_camera_free(&cameras[i]);
	for (uint32_t i = 0; i < PICTURES; i++)
		test_jpeg_free(&pictures[i]);
	*state = traffic;
	return 0;
}

static int tear_down(void **state)
{
	struct traffic *traffic = *state;

	for (uint32_t i = 0; i < traffic->count; i++)
		free(traffic->packets[i].bytes);
	test_receiver_close(traffic->receiver);
	free(traffic);
	return 0;
}

/* The sink gives every frame back at once. */
static void hand_back(void *arg, const struct assembler_done *done)
{
	struct traffic *traffic = arg;
	struct test_receiver *r = traffic->receiver;

	for (uint32_t i = 0; i < done->count; i++) {
		struct gw_frame *frame = done->frames[i];

		gw_counter_add(&r->stats->camera[frame->camera].frames_out, 1);
		gw_counter_add(&r->slots[frame->camera].through, 1);
		assert_true(gw_frame_claim(frame));
		gw_frame_unref(frame);
		traffic->frames++;
	}
}

/* What the receive stage does, from the packet in its buffer to the complete frame. */
static void receive_all(struct traffic *traffic)
{
	struct test_receiver *r = traffic->receiver;

	for (uint32_t i = 0; i < traffic->count; i++) {
		const struct arrival arrival = {
			.now = r->now, .utc = r->now, .clock = GW_CLOCK_ARRIVAL};
		struct assembler_done done = {.frames = r->done};
		struct datagram datagram;

		r->now += 100 * 1000;
		receiver_read(&r->receiver, traffic->packets[i].bytes, traffic->packets[i].size,
			r->checks, &datagram);
		receiver_put(&r->receiver, &datagram, &arrival, &done);
		hand_back(traffic, &done);
		if (i % 32 == 31)
			assembler_expire(r->receiver.assembler, r->now, false, hand_back, traffic);
	}
}

static void ten_thousand_packets_cost_no_allocation(void **state)
{
	struct traffic *traffic = *state;
	const uint64_t before = calls;

	receive_all(traffic);
	assert_int_equal(calls, before);
	/* It was real work, good and bad. */
	assert_true(traffic->frames > 500);
	assert_true(test_drops(traffic->receiver, GW_DROP_INCOMPLETE) > 10);
	assert_true(test_drops(traffic->receiver, GW_DROP_DUPLICATE) > 10);
	assert_true(test_drops(traffic->receiver, GW_DROP_RTP_VERSION) > 10);
}

static void the_counter_sees_an_allocation(void **state)
{
	const uint64_t before = calls;
	struct test_receiver *receiver = test_receiver_open(1, false, 4);

	assert_true(calls > before);
	test_receiver_close(receiver);
}

/* How a child ends that may only read, write and end while it runs `work`. */
static int run_confined(void (*work)(struct traffic *), struct traffic *traffic)
{
	int status;
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
			_exit(77);
		work(traffic);
		/* exit_group(), which _exit() calls, is forbidden too. */
		syscall(SYS_exit, 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void ask_who_we_are(struct traffic *traffic)
{
	syscall(SYS_getppid);
}

static void ten_thousand_packets_cost_no_system_call(void **state)
{
	const int status = run_confined(receive_all, *state);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* the kernel has no seccomp */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_kernel_sees_a_system_call(void **state)
{
	const int status = run_confined(ask_who_we_are, *state);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* the kernel has no seccomp */
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			ten_thousand_packets_cost_no_allocation, set_up, tear_down),
		cmocka_unit_test(the_counter_sees_an_allocation),
		cmocka_unit_test_setup_teardown(
			ten_thousand_packets_cost_no_system_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kernel_sees_a_system_call, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
