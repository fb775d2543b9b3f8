/* Certificates: made, read, and those that are no good. */
#include "mgmt/https/certificate.h"

#include <jansson.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/config/config.h"
#include "core/test.h"
#include "mgmt/audit_log/test_folder.h"
#include "mgmt/https/keeper.h"

struct fixture {
	char folder[64], one[128], two[128];
	struct gw_error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_folder_make(f->folder);
	snprintf(f->one, sizeof(f->one), "%s/one.pem", f->folder);
	snprintf(f->two, sizeof(f->two), "%s/two.pem", f->folder);
	assert_int_equal(certificate_make(f->one, "gw1", "192.0.2.7", &f->error), 0);
	assert_int_equal(certificate_make(f->two, "gw1", "0.0.0.0", &f->error), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_folder_remove(f->folder);
	free(f);
	return 0;
}

static bool has(const json_t *names, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(names, i, one)
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

static void one_that_is_made_can_be_read_and_says_for_whom_it_is(void **state)
{
	struct fixture *f = *state;
	struct certificate *certificate = certificate_load(f->one, f->one, &f->error);
	json_t *json = certificate_json(certificate);
	const json_t *names = json_object_get(json, "names");

	assert_true(has(names, "localhost"));
	assert_true(has(names, "gw1"));
	assert_true(has(names, "127.0.0.1"));
	assert_true(has(names, "::1"));
	assert_true(has(names, "192.0.2.7"));
	assert_true(json_is_true(json_object_get(json, "self_signed")));
	assert_int_equal(strlen(certificate->fingerprint), 95);
	assert_int_equal(
		gnutls_x509_crt_get_pk_algorithm(certificate->chain[0], NULL), GNUTLS_PK_ECDSA);
	json_decref(json);
	certificate_free(certificate);
}

static void the_file_is_its_owners(void **state)
{
	struct fixture *f = *state;
	struct stat facts;

	assert_int_equal(stat(f->one, &facts), 0);
	assert_int_equal(facts.st_mode & 0777, 0600);
}

static void assert_refused(struct fixture *f, const char *file, const char *key, const char *why)
{
	assert_null(certificate_load(file, key, &f->error));
	if (!strstr(f->error.text, why))
		fail_msg("'%s' is not in: %s", why, f->error.text);
}

static void what_is_no_good_is_told_in_a_line(void **state)
{
	struct fixture *f = *state;
	char junk[160];

	snprintf(junk, sizeof(junk), "%s/junk.pem", f->folder);
	FILE *file = fopen(junk, "w");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", file);
	fclose(file);
	assert_refused(f, f->one, f->two, "is another certificate's");
	assert_refused(f, junk, f->one, "no certificate in PEM");
	assert_refused(f, f->one, junk, "no key in PEM");
	assert_refused(f, "/nonexistent", f->one, "No such file");
	assert_refused(f, f->one, "/nonexistent", "No such file");
}

static void write_file(const char *from, const char *to)
{
	char bytes[16384];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");

	fwrite(bytes, 1, fread(bytes, 1, sizeof(bytes), in), out);
	fclose(in);
	fclose(out);
}

static uint32_t troubles(struct keeper *keeper)
{
	struct gw_health health = {0};

	keeper_health(keeper, &health);
	return health.count;
}

static void files_that_change_are_read_again_and_bad_ones_are_not_taken(void **state)
{
	struct fixture *f = *state;
	char certificate[160], key[160];
	char before[CERTIFICATE_FINGERPRINT], now[CERTIFICATE_FINGERPRINT];
	struct gw_api_https_config config = {"127.0.0.1:8443", certificate, key};

	snprintf(certificate, sizeof(certificate), "%s/certificate.pem", f->folder);
	snprintf(key, sizeof(key), "%s/key.pem", f->folder);
	write_file(f->one, certificate);
	write_file(f->one, key);
	struct keeper *keeper = keeper_open(&config, "gw1", "/nonexistent", &f->error);

	assert_non_null(keeper);
	keeper_fingerprint(keeper, before);
	/* One of the two is another's for a moment. */
	unlink(certificate);
	write_file(f->two, certificate);
	keeper_look(keeper);
	keeper_fingerprint(keeper, now);
	assert_string_equal(now, before);
	assert_int_equal(troubles(keeper), 1);
	unlink(key);
	write_file(f->two, key);
	keeper_look(keeper);
	keeper_fingerprint(keeper, now);
	assert_string_not_equal(now, before);
	assert_int_equal(troubles(keeper), 0);
	/* And it stays when they go. */
	unlink(key);
	keeper_look(keeper);
	assert_int_equal(troubles(keeper), 1);
	keeper_close(keeper);
}

static void one_of_our_own_is_made_once(void **state)
{
	struct fixture *f = *state;
	struct gw_api_https_config config = {.listen = (char *)"[2001:db8::7]:8443"};
	char made[160], first[CERTIFICATE_FINGERPRINT], again[CERTIFICATE_FINGERPRINT];

	snprintf(made, sizeof(made), "%s/made.pem", f->folder);
	struct keeper *keeper = keeper_open(&config, "gw1", made, &f->error);
	json_t *json = keeper_json(keeper);

	assert_true(has(json_object_get(json, "names"), "2001:db8::7"));
	json_decref(json);
	keeper_fingerprint(keeper, first);
	keeper_close(keeper);
	keeper = keeper_open(&config, "gw1", made, &f->error);
	keeper_fingerprint(keeper, again);
	assert_string_equal(again, first);
	keeper_close(keeper);
}

/* What the clock says; 0: the time. */
static _Atomic time_t told;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library's */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_REALTIME || told == 0)
		return (int)syscall(SYS_clock_gettime, clock, time);
	*time = (struct timespec){.tv_sec = told};
	return 0;
}

/* The machine has no clock of its own, and is told the time a little after each start. */
static void one_that_was_made_before_the_clock_was_set_is_made_again_once(void **state)
{
	struct fixture *f = *state;
	struct gw_api_https_config config = {.listen = (char *)"127.0.0.1:8443"};
	char made[160], early[CERTIFICATE_FINGERPRINT], now[CERTIFICATE_FINGERPRINT],
		later[CERTIFICATE_FINGERPRINT];

	snprintf(made, sizeof(made), "%s/made.pem", f->folder);
	told = 30;
	struct keeper *keeper = keeper_open(&config, "gw1", made, &f->error);

	assert_non_null(keeper);
	keeper_look(keeper);
	assert_int_equal(troubles(keeper), 0);
	keeper_fingerprint(keeper, early);
	told = 0;
	assert_int_equal(troubles(keeper), 1);
	keeper_look(keeper);
	keeper_fingerprint(keeper, now);
	assert_string_not_equal(now, early);
	assert_int_equal(troubles(keeper), 0);
	keeper_close(keeper);
	/* At the next start it is 1970 again for a while: this one holds then, too. */
	told = 30;
	keeper = keeper_open(&config, "gw1", made, &f->error);
	told = 0;
	keeper_look(keeper);
	keeper_fingerprint(keeper, later);
	assert_string_equal(later, now);
	keeper_close(keeper);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_made_can_be_read_and_says_for_whom_it_is),
		TEST(the_file_is_its_owners),
		TEST(what_is_no_good_is_told_in_a_line),
		TEST(files_that_change_are_read_again_and_bad_ones_are_not_taken),
		TEST(one_of_our_own_is_made_once),
		TEST(one_that_was_made_before_the_clock_was_set_is_made_again_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
