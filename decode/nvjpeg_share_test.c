#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/clock.h"
#include "decode/nvjpeg_share.h"

#define US (GW_NS_PER_S / 1000000)

static const int64_t now = 100 * GW_NS_PER_S;

static void nobody_takes_what_is_not_there(void **state)
{
	const struct nvjpeg_share share = {.engines = true};

	assert_false(nvjpeg_share_takes(&share, NVJPEG_ENGINES, 0, now));
	assert_false(nvjpeg_share_takes(&share, NVJPEG_SMS, 0, now));
}

static void without_engines_the_sms_take_all(void **state)
{
	struct nvjpeg_share share = {.engines = false};

	nvjpeg_share_note(&share, NVJPEG_SMS, 4, 5000 * US, now);
	assert_true(nvjpeg_share_takes(&share, NVJPEG_SMS, 1, now));
}

static void the_sms_help_when_the_engines_would_take_longer(void **state)
{
	struct nvjpeg_share share = {.engines = true};

	/* 100 us a picture; the SMs give theirs after 1 ms. */
	nvjpeg_share_note(&share, NVJPEG_ENGINES, 8, 800 * US, now);
	nvjpeg_share_note(&share, NVJPEG_SMS, 4, 1000 * US, now);
	assert_false(nvjpeg_share_takes(&share, NVJPEG_SMS, 1, now));
	assert_false(nvjpeg_share_takes(&share, NVJPEG_SMS, 10, now));
	assert_true(nvjpeg_share_takes(&share, NVJPEG_SMS, 11, now));
	assert_true(nvjpeg_share_takes(&share, NVJPEG_ENGINES, 1, now));
	/* A model keeps the SMs busy: it takes more to make their help worth it. */
	for (int i = 0; i < 40; i++)
		nvjpeg_share_note(&share, NVJPEG_SMS, 4, 4000 * US, now);
	assert_false(nvjpeg_share_takes(&share, NVJPEG_SMS, 20, now));
	assert_true(nvjpeg_share_takes(&share, NVJPEG_SMS, 41, now));
}

static void what_was_measured_long_ago_is_measured_again(void **state)
{
	struct nvjpeg_share share = {.engines = true};

	nvjpeg_share_note(&share, NVJPEG_ENGINES, 1, 10 * US, now);
	nvjpeg_share_note(&share, NVJPEG_SMS, 1, 90000 * US, now);
	assert_false(nvjpeg_share_takes(&share, NVJPEG_SMS, 1, now + GW_NS_PER_S / 2));
	assert_true(nvjpeg_share_takes(&share, NVJPEG_SMS, 1, now + 2 * GW_NS_PER_S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_takes_what_is_not_there),
		cmocka_unit_test(without_engines_the_sms_take_all),
		cmocka_unit_test(the_sms_help_when_the_engines_would_take_longer),
		cmocka_unit_test(what_was_measured_long_ago_is_measured_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
