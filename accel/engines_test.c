#include "core/test.h"

#include <string.h>

#include "accel/engines.h"

static struct gw_error error;

static struct gw_device device;
static const struct gw_accel_config config = {.threads = 1};
static float zero[] = {0}, one[] = {1};
static char *labels[] = {"a", "b"};
static struct model_classify classify_options = {.tensor = "out", .top_k = 1};
static struct model_batch batch = {.max = 4};
static struct model_description description = {
	.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = 2,
	.input = {.tensor = "in",
		.width = 2,
		.height = 2,
		.channels = 1,
		.mean = zero,
		.scale = one},
	.classify = &classify_options,
	.batch = &batch,
};
static const struct model model = {
	.name = "test", .version = 1, .path = "/nowhere", .description = &description};

static struct batcher *open_on(const char *name, struct berth_options *options)
{
	*options = (struct berth_options){.device = &device, .model = &model, .config = &config};
	return engines_open(name, options, &error);
}

static void an_engine_is_found_by_name(void **state)
{
	struct berth_options options;
	struct batcher *batcher;

	gw_device_host(&device);
	batcher = open_on("null", &options);
	assert_non_null(batcher);
	assert_ptr_equal(options.engine, &infer_null);
	assert_int_equal(batcher_max(batcher), 4);
	batcher_close(batcher);
}

static void an_unknown_engine_is_answered_with_those_that_are_there(void **state)
{
	struct berth_options options;

	assert_null(open_on("warp", &options));
	assert_non_null(strstr(error.text, "accel.backend"));
	assert_non_null(strstr(error.text, "\"warp\""));
	assert_non_null(strstr(error.text, "null"));
}

/* It would answer without having looked at the model, which is not there. */
static void the_null_engine_is_never_chosen_by_itself(void **state)
{
	struct berth_options options;

	gw_device_host(&device);
	assert_null(open_on(NULL, &options));
	assert_true(error.text[0] != '\0');
}

/* On a processor it is slower than what a user would have without having asked for it. */
static void the_opencl_engine_is_never_chosen_by_itself(void **state)
{
	struct berth_options options;

	gw_device_host(&device);
	assert_null(open_on(NULL, &options));
	assert_null(strstr(error.text, "OpenCL"));
#if HAVE_OPENCL
	assert_null(open_on("opencl", &options));
	assert_non_null(strstr(error.text, "opencl"));
	/* It brings pictures of the host to its own memory. */
	assert_null(strstr(error.text, "decoded pictures lie in"));
#endif
}

static void an_engine_that_cannot_read_the_decoders_memory_is_refused(void **state)
{
	struct berth_options options;

	device.memory = GW_MEM_CUDA;
	assert_null(open_on("null", &options));
	assert_non_null(strstr(error.text, "CUDA"));
}

#if HAVE_OPENCL
static enum gw_memory pictures_of(char *decoder, char *engine, char *engines_device)
{
	struct gw_decode_config decode = {.backend = decoder};
	struct gw_accel_config accel = {.backend = engine, .device = engines_device};
	const struct gw_config both = {.decode = &decode, .accel = &accel};

	return engines_pictures(&both);
}

static void pictures_stay_where_decoder_and_engine_run_on_one_device(void **state)
{
	struct engine_facts facts;

	engines_list_opencl(&facts, 1);
	if (!facts.there) {
		print_message("%s\n", facts.missing);
		skip();
	}
	assert_int_equal(pictures_of("opencl", "opencl", NULL), GW_MEM_OPENCL);
	assert_int_equal(pictures_of("opencl", "opencl", "no such device"), GW_MEM_NONE);
	assert_int_equal(pictures_of("turbo", "opencl", NULL), GW_MEM_NONE);
	assert_int_equal(pictures_of("opencl", "ort", NULL), GW_MEM_NONE);
	assert_int_equal(pictures_of("opencl", NULL, NULL), GW_MEM_NONE);
	assert_int_equal(pictures_of(NULL, NULL, NULL), GW_MEM_NONE);
}
#endif

static void all_known_engines_are_listed_with_what_they_lack(void **state)
{
	const struct gw_accel_config nowhere = {.threads = 1, .library = "/no/such/library.so"};
	struct engine_facts engines[ENGINES_MOST];
	const uint32_t count = engines_list(&nowhere, engines);

	assert_int_equal(count, 2 + HAVE_OPENCL + HAVE_CUDA);
	assert_string_equal(engines[0].name, "ort");
	assert_false(engines[0].there);
	assert_true(engines[0].missing[0] != '\0');
	assert_string_equal(engines[count - 1].name, "null");
	assert_true(engines[count - 1].there);
#if HAVE_OPENCL
	assert_string_equal(engines[1].name, "opencl");
	assert_true((engines[1].there ? engines[1].version : engines[1].missing)[0] != '\0');
#endif
#if HAVE_CUDA
	assert_string_equal(engines[count - 2].name, "cuda");
	assert_true(engines[count - 2].named);
#endif
}

static void devices_that_decoders_run_on_are_listed_or_why_there_is_none(void **state)
{
	struct engine_facts devices[ENGINES_MOST];
	const uint32_t count = engines_list_opencl(devices, ENGINES_MOST);

	assert_in_range(count, 1, ENGINES_MOST);
	for (uint32_t i = 0; i < count; i++) {
		assert_string_equal(devices[i].name, "opencl");
		assert_true(devices[i].there ? devices[i].version[0] != '\0'
					     : strstr(devices[i].missing, "install") != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_is_found_by_name),
		cmocka_unit_test(an_unknown_engine_is_answered_with_those_that_are_there),
		cmocka_unit_test(the_null_engine_is_never_chosen_by_itself),
		cmocka_unit_test(the_opencl_engine_is_never_chosen_by_itself),
		cmocka_unit_test(an_engine_that_cannot_read_the_decoders_memory_is_refused),
#if HAVE_OPENCL
		cmocka_unit_test(pictures_stay_where_decoder_and_engine_run_on_one_device),
#endif
		cmocka_unit_test(all_known_engines_are_listed_with_what_they_lack),
		cmocka_unit_test(devices_that_decoders_run_on_are_listed_or_why_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
