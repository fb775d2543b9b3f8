#include "core/test.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session/authorities.h"
#include "session/test_tls.h"

static struct test_certificate first, second;
/* That each has signed. */
static struct test_certificate of_first, of_second;
static char path[64];

static int set_up(void **state)
{
	const struct test_certificate_kind kind = {.is_authority = true}, camera = {.name = "door"};

	test_certificate_make(&first, &kind, NULL);
	test_certificate_make(&second, &kind, NULL);
	test_certificate_make(&of_first, &camera, &first);
	test_certificate_make(&of_second, &camera, &second);
	test_certificate_write(&first, path);
	return 0;
}

static int tear_down(void **state)
{
	unlink(path);
	test_certificate_free(&first);
	test_certificate_free(&second);
	test_certificate_free(&of_first);
	test_certificate_free(&of_second);
	return 0;
}

static struct authorities *get(const char *ca_file)
{
	struct gw_error error;
	struct authorities *it = authorities_get(ca_file, &error);

	if (!it)
		fail_msg("%s", error.text);
	return it;
}

static bool believes(const struct authorities *authorities, const struct test_certificate *it)
{
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t shown;
	gnutls_datum_t der;
	unsigned int faults = 0;

	/* As it comes to whoever is shown it. */
	assert_int_equal(gnutls_x509_crt_export2(it->certificate, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crt_init(&shown);
	assert_int_equal(gnutls_x509_crt_import(shown, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_certificate_get_trust_list(authorities_credentials(authorities), &list);
	assert_int_equal(gnutls_x509_trust_list_verify_crt(list, &shown, 1, 0, &faults, NULL), 0);
	gnutls_x509_crt_deinit(shown);
	gnutls_free(der.data);
	return faults == 0;
}

static void what_is_read_once_serves_all(void **state)
{
	struct authorities *one = get(path), *another = get(path);

	assert_ptr_equal(one, another);
	assert_true(believes(one, &of_first));
	assert_false(believes(one, &of_second));
	authorities_put(one);
	assert_true(believes(another, &of_first));
	authorities_put(another);
	/* Also when nobody has a share in it for a while. */
	one = get(path);
	assert_ptr_equal(one, another);
	authorities_put(one);
}

static void a_file_that_was_written_is_read_anew(void **state)
{
	struct authorities *before = get(path);
	char other[64];

	test_certificate_write(&second, other);
	assert_int_equal(rename(other, path), 0);
	struct authorities *after = get(path);

	assert_ptr_not_equal(before, after);
	assert_true(believes(after, &of_second));
	assert_false(believes(after, &of_first));
	/* Whoever had a share keeps what he had. */
	assert_true(believes(before, &of_first));
	authorities_put(before);
	authorities_put(after);
}

static void a_file_that_is_gone_is_believed_no_more(void **state)
{
	struct gw_error error;

	authorities_put(get(path));
	assert_int_equal(unlink(path), 0);
	assert_null(authorities_get(path, &error));
	assert_non_null(strstr(error.text, path));
}

static void *ask_often(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct gw_error error;
		struct authorities *it = authorities_get(path, &error);

		/* It is always one of both, and whole. */
		if (!it || believes(it, &of_first) == believes(it, &of_second))
			atomic_fetch_add((_Atomic int *)arg, 1);
		authorities_put(it);
	}
	return NULL;
}

static void threads_may_ask_while_the_file_changes(void **state)
{
	pthread_t threads[3];
	_Atomic int wrong = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &wrong), 0);
	for (int i = 0; i < 50; i++) {
		char other[64];

		test_certificate_write(i % 2 ? &first : &second, other);
		assert_int_equal(rename(other, path), 0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
}

static void those_of_the_system_are_read_once_too(void **state)
{
	struct gw_error error;
	struct authorities *one = authorities_get(NULL, &error);

	if (!one) {
		assert_non_null(strstr(error.text, "install ca-certificates"));
		print_message("this system trusts nobody: not tried\n");
		skip();
	}
	struct authorities *of_file = get(path), *another = get(NULL);

	assert_ptr_equal(one, another);
	assert_ptr_not_equal(one, of_file);
	assert_false(believes(one, &of_first));
	authorities_put(one);
	authorities_put(another);
	authorities_put(of_file);
}

#define AUTHORITIES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AUTHORITIES_TEST(what_is_read_once_serves_all),
		AUTHORITIES_TEST(a_file_that_was_written_is_read_anew),
		AUTHORITIES_TEST(a_file_that_is_gone_is_believed_no_more),
		AUTHORITIES_TEST(threads_may_ask_while_the_file_changes),
		AUTHORITIES_TEST(those_of_the_system_are_read_once_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
