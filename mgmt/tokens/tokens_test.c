/* Tokens let in whom they should, as long as they should, and are kept as digests. */
#include "mgmt/tokens/tokens.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"
#include "mgmt/audit_log/test_folder.h"

struct fixture {
	char folder[64], path[128], kept[65536];
	struct tokens *tokens;
	struct token_grant grant;
	struct gw_error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_folder_make(f->folder);
	snprintf(f->path, sizeof(f->path), "%s/tokens.json", f->folder);
	f->tokens = tokens_open(f->path);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	tokens_close(f->tokens);
	test_folder_remove(f->folder);
	free(f);
	return 0;
}

static int add(struct fixture *f, const char *name, enum gw_role role, int64_t expires_s,
	char text[TOKEN_TEXT])
{
	const struct token_wish wish = {
		.name = name, .role = role, .expires_s = expires_s, .who = "uid 7 (anna)"};

	return tokens_add(f->tokens, &wish, text, &f->error);
}

static int64_t now(void)
{
	return gw_now_utc() / GW_NS_PER_S;
}

static int find(struct fixture *f, const char *text)
{
	return tokens_find(f->tokens, text, now(), &f->grant);
}

static void reopen(struct fixture *f)
{
	tokens_close(f->tokens);
	f->tokens = tokens_open(f->path);
}

static void a_token_lets_in_until_it_is_revoked(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT];

	assert_int_equal(add(f, "grafana", GW_ROLE_VIEWER, 0, text), 0);
	assert_int_equal(strlen(text), TOKEN_TEXT - 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(find(f, text), 0);
		assert_int_equal(f->grant.role, GW_ROLE_VIEWER);
		assert_string_equal(f->grant.name, "grafana");
		assert_null(f->grant.cameras);
		reopen(f);
	}
	assert_int_equal(tokens_remove(f->tokens, "grafana", &f->error), 0);
	assert_int_equal(find(f, text), -ENOENT);
	assert_int_equal(tokens_remove(f->tokens, "grafana", &f->error), -ENOENT);
	reopen(f);
	assert_int_equal(find(f, text), -ENOENT);
}

static void what_is_none_lets_nobody_in(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT];

	assert_int_equal(find(f, ""), -ENOENT);
	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	assert_int_equal(find(f, ""), -ENOENT);
	assert_int_equal(find(f, text + 1), -ENOENT);
	for (size_t i = 0; text[i]; i++) {
		text[i] ^= 1;
		assert_int_equal(find(f, text), -ENOENT);
		text[i] ^= 1;
	}
}

static void one_that_expires_is_none_from_that_second_on(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT];
	const int64_t before = now();

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 100, text), 0);
	assert_int_equal(tokens_find(f->tokens, text, before + 99, &f->grant), 0);
	assert_int_equal(tokens_find(f->tokens, text, now() + 100, &f->grant), -ENOENT);
}

static void one_for_some_cameras_says_which(void **state)
{
	struct fixture *f = *state;
	json_t *cameras = json_pack("[s, s]", "door", "gate");
	const struct token_wish wish = {
		.name = "a", .role = GW_ROLE_OPERATOR, .cameras = cameras, .who = "x"};
	char text[TOKEN_TEXT];

	assert_int_equal(tokens_add(f->tokens, &wish, text, &f->error), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(find(f, text), 0);
		assert_true(json_equal(f->grant.cameras, cameras));
		json_decref(f->grant.cameras);
		reopen(f);
	}
	json_decref(cameras);
}

static void names_are_not_given_twice(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT];

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	assert_int_equal(add(f, "a", GW_ROLE_VIEWER, 0, text), -EEXIST);
	for (int i = 1; i < TOKENS_MOST; i++) {
		char name[16];

		snprintf(name, sizeof(name), "token-%d", i);
		assert_int_equal(add(f, name, GW_ROLE_VIEWER, 0, text), 0);
	}
	assert_int_equal(add(f, "one-more", GW_ROLE_VIEWER, 0, text), -ENOSPC);
	reopen(f);
	assert_int_equal(find(f, "x"), -ENOENT);
}

static void the_file_is_its_owners_and_has_no_token(void **state)
{
	struct fixture *f = *state;
	struct stat facts;
	char text[TOKEN_TEXT];

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	assert_int_equal(stat(f->path, &facts), 0);
	assert_int_equal(facts.st_mode & 0777, 0600);
	FILE *file = fopen(f->path, "r");
	f->kept[fread(f->kept, 1, sizeof(f->kept) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(f->kept, "\"name\": \"a\""));
	assert_null(strstr(f->kept, text + 3));
}

static void the_token_for_the_set_up_goes_with_the_first_admins(void **state)
{
	struct fixture *f = *state;
	char set_up[TOKEN_TEXT], text[TOKEN_TEXT], again[TOKEN_TEXT];

	assert_true(tokens_set_up(f->tokens, set_up));
	assert_true(tokens_set_up(f->tokens, again));
	assert_string_equal(set_up, again);
	assert_int_equal(find(f, set_up), 0);
	assert_true(f->grant.sets_up);
	/* A viewer's, or one that ends, is not what was missing. */
	assert_int_equal(add(f, "viewer", GW_ROLE_VIEWER, 0, text), 0);
	assert_int_equal(find(f, set_up), 0);
	assert_int_equal(add(f, "admin", GW_ROLE_ADMIN, 0, text), 0);
	assert_int_equal(find(f, set_up), -ENOENT);
	assert_false(tokens_set_up(f->tokens, again));
	/* Two who had it at the same time. */
	assert_int_equal(tokens_add(f->tokens,
				 &(struct token_wish){.name = "other",
					 .role = GW_ROLE_ADMIN,
					 .who = "set-up",
					 .sets_up = true},
				 text, &f->error),
		-EPERM);
	assert_int_equal(tokens_remove(f->tokens, "admin", &f->error), 0);
	assert_int_equal(find(f, set_up), -ENOENT);
	assert_true(tokens_set_up(f->tokens, again));
	assert_string_not_equal(set_up, again);
}

static void what_cannot_be_kept_is_not_made_or_revoked(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT], other[TOKEN_TEXT], beside[160];

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	snprintf(beside, sizeof(beside), "%s.new", f->path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_true(add(f, "b", GW_ROLE_ADMIN, 0, other) < 0);
	assert_non_null(strstr(f->error.text, "nothing was changed"));
	assert_string_equal(other, "");
	assert_true(tokens_remove(f->tokens, "a", &f->error) < 0);
	assert_int_equal(find(f, text), 0);
	rmdir(beside);
	assert_int_equal(add(f, "b", GW_ROLE_ADMIN, 0, other), 0);
}

static _Atomic bool folder_fails; /* to be synced */
static _Atomic bool folder_hangs;
static _Atomic int held; /* syncs that wait */

/* The program's own is found before the C library's. */
__attribute__((visibility("default"))) int fsync(int fd)
{
	struct stat facts;

	if (folder_hangs && fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
		held++;
		while (folder_hangs)
			usleep(500);
		held--;
	}
	if (!folder_fails || fstat(fd, &facts) != 0 || !S_ISDIR(facts.st_mode))
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}

static uint32_t troubles(struct fixture *f)
{
	struct gw_health health = {0};

	tokens_health(f->tokens, &health);
	return health.count;
}

/* The new file is in place, and the one before may be there again after a power cut. */
static void what_a_power_cut_may_undo_is_done_and_told_until_it_is_mended(void **state)
{
	struct fixture *f = *state;
	char text[TOKEN_TEXT], other[TOKEN_TEXT];

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	folder_fails = true;
	assert_int_equal(add(f, "b", GW_ROLE_VIEWER, 0, other), TOKENS_UNSURE);
	assert_non_null(strstr(f->error.text, "a power cut may undo it"));
	assert_int_equal(find(f, other), 0);
	assert_int_equal(tokens_remove(f->tokens, "a", &f->error), TOKENS_UNSURE);
	assert_int_equal(find(f, text), -ENOENT);
	tokens_settle(f->tokens);
	assert_int_equal(troubles(f), 1);
	folder_fails = false;
	tokens_settle(f->tokens);
	assert_int_equal(troubles(f), 0);
	reopen(f);
	assert_int_equal(find(f, text), -ENOENT);
	assert_int_equal(find(f, other), 0);
}

static void a_file_that_is_none_is_a_trouble_and_lets_nobody_in(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "{\"tokens\": {}}",
		"{\"tokens\": [7]}", "{\"tokens\": [{\"name\": \"a\"}]}",
		("{\"tokens\": [{\"name\": \"a\", \"sha256\": \"00\", \"role\": \"admin\", "
		 "\"expires\": 0, \"made\": 0, \"who\": \"\"}]}")};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FILE *file = fopen(f->path, "w");
		struct gw_health health = {0};
		char text[TOKEN_TEXT];

		fputs(bad[i], file);
		fclose(file);
		reopen(f);
		tokens_health(f->tokens, &health);
		assert_int_equal(health.count, 1);
		assert_string_equal(health.trouble[0].id, "api.tokens");
		assert_false(tokens_set_up(f->tokens, text));
		assert_int_equal(find(f, ""), -ENOENT);
		assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), -EBADMSG);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void *add_there(void *arg)
{
	char text[TOKEN_TEXT];

	(void)add(arg, "hung", GW_ROLE_VIEWER, 0, text);
	return NULL;
}

struct others {
	struct fixture *f;
	int added, removed;
	struct gw_error error;
	_Atomic bool done;
};

static void *change_more(void *arg)
{
	struct others *others = arg;
	const struct token_wish wish = {.name = "b", .role = GW_ROLE_VIEWER, .who = "uid 7 (anna)"};
	char text[TOKEN_TEXT];

	tokens_settle(others->f->tokens);
	others->added = tokens_add(others->f->tokens, &wish, text, &others->error);
	others->removed = tokens_remove(others->f->tokens, "a", &others->error);
	others->done = true;
	return NULL;
}

/* Whoever was the first to write waits for the disk; nobody else does. */
static void a_disk_that_hangs_keeps_no_other_waiting(void **state)
{
	struct fixture *f = *state;
	struct others others = {.f = f};
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;
	pthread_t first, second;
	char text[TOKEN_TEXT];

	assert_int_equal(add(f, "a", GW_ROLE_ADMIN, 0, text), 0);
	folder_hangs = true;
	assert_int_equal(pthread_create(&first, NULL, add_there, f), 0);
	while (held == 0 && gw_now() < deadline)
		usleep(1000);
	assert_int_equal(pthread_create(&second, NULL, change_more, &others), 0);
	while (!others.done && gw_now() < deadline)
		usleep(10000);
	const bool done = others.done;
	const int found = find(f, text);

	folder_hangs = false;
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	assert_true(done);
	assert_int_equal(found, 0);
	assert_int_equal(others.added, -EAGAIN);
	assert_int_equal(others.removed, -EAGAIN);
	assert_non_null(strstr(others.error.text, "nothing was changed"));
	assert_int_equal(add(f, "b", GW_ROLE_VIEWER, 0, text), 0);
	assert_int_equal(add(f, "hung", GW_ROLE_VIEWER, 0, text), -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_lets_in_until_it_is_revoked),
		TEST(what_is_none_lets_nobody_in),
		TEST(one_that_expires_is_none_from_that_second_on),
		TEST(one_for_some_cameras_says_which),
		TEST(names_are_not_given_twice),
		TEST(the_file_is_its_owners_and_has_no_token),
		TEST(the_token_for_the_set_up_goes_with_the_first_admins),
		TEST(what_cannot_be_kept_is_not_made_or_revoked),
		TEST(what_a_power_cut_may_undo_is_done_and_told_until_it_is_mended),
		TEST(a_file_that_is_none_is_a_trouble_and_lets_nobody_in),
		TEST(a_disk_that_hangs_keeps_no_other_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
