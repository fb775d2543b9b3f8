/* The file that the API is found by. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mgmt/mgmt.h"
#include "mgmt/test_server.h"

static void the_socket_is_for_owner_and_group(void **state)
{
	struct server_fixture *f = *state;
	struct stat stat;

	assert_int_equal(lstat(f->made.socket, &stat), 0);
	assert_true(S_ISSOCK(stat.st_mode));
	assert_int_equal(stat.st_mode & 0777, 0660);
}

static void a_second_gateway_is_refused_and_the_first_goes_on(void **state)
{
	struct server_fixture *f = *state;
	struct gw_error error = {{0}};
	void *second = NULL;

	assert_int_equal(mgmt_service.open(&f->made.gw, &second, &error), -EADDRINUSE);
	assert_true(mgmt_service.stop(second));
	mgmt_service.close(second);
	assert_non_null(strstr(error.text, "another gwd answers on"));
	assert_null(strchr(error.text, '\n'));
	json_decref(server_get(f, "/api/v1/status"));
}

/* Leaves a socket file that nobody listens on, as after kill -9. */
static void leave_dead_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void the_socket_of_a_dead_gateway_is_replaced(void **state)
{
	struct server_fixture *f = *state;

	assert_true(server_close(&f->made.gw));
	leave_dead_socket(f->made.socket);
	struct gw_error error;
	assert_int_equal(server_open(&f->made.gw, &error), 0);
	json_decref(server_get(f, "/api/v1/status"));
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	struct server_fixture *f = *state;
	struct gw_error error;
	void *second = NULL;

	assert_true(server_close(&f->made.gw));
	FILE *file = fopen(f->made.socket, "w");
	fclose(file);
	assert_int_equal(mgmt_service.open(&f->made.gw, &second, &error), -EEXIST);
	assert_true(mgmt_service.stop(second));
	mgmt_service.close(second);
	assert_int_equal(access(f->made.socket, F_OK), 0);
	unlink(f->made.socket);
}

static void a_missing_directory_is_made(void **state)
{
	struct server_fixture *f = *state;
	char **path = &f->made.gw.config->api->socket, *before = *path;
	struct gw_error error = {{0}};
	char folder[128], deep[128];
	struct stat stat;
	void *service = NULL;

	snprintf(folder, sizeof(folder), "%s/run", f->made.folder);
	snprintf(deep, sizeof(deep), "%s/run/api.sock", f->made.folder);
	*path = deep;
	assert_int_equal(mgmt_service.open(&f->made.gw, &service, &error), 0);
	assert_int_equal(lstat(folder, &stat), 0);
	assert_int_equal(stat.st_mode & 0777, 0755);
	assert_true(mgmt_service.stop(service));
	mgmt_service.close(service);
	rmdir(folder);

	snprintf(deep, sizeof(deep), "%s/no/such/api.sock", f->made.folder);
	service = NULL;
	assert_int_equal(mgmt_service.open(&f->made.gw, &service, &error), -ENOENT);
	assert_true(mgmt_service.stop(service));
	mgmt_service.close(service);
	assert_non_null(strstr(error.text, "api.socket"));
	*path = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(the_socket_is_for_owner_and_group),
		SERVER_TEST(a_second_gateway_is_refused_and_the_first_goes_on),
		SERVER_TEST(the_socket_of_a_dead_gateway_is_replaced),
		SERVER_TEST(a_file_that_is_no_socket_is_left_alone),
		SERVER_TEST(a_missing_directory_is_made),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
