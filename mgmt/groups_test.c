#include "mgmt/groups.h"

#include "core/test.h"

#include <sys/socket.h>
#include <unistd.h>

#define NOBODY 65534u
#define ELSE_GROUP 4000000u /* nobody's */

static const struct groups three = {
	.any = true,
	.is_there = {false, true, true, true},
	.gid = {0, 4000001, 4000002, 4000003},
};

static enum gw_role role_in(const struct groups *groups, gid_t a, gid_t b)
{
	const gid_t member_of[] = {a, b};

	return groups_role(groups, NOBODY, member_of, 2);
}

static void the_highest_of_his_groups_counts(void **state)
{
	assert_int_equal(role_in(&three, ELSE_GROUP, 4000001), GW_ROLE_VIEWER);
	assert_int_equal(role_in(&three, 4000002, 4000001), GW_ROLE_OPERATOR);
	assert_int_equal(role_in(&three, 4000001, 4000003), GW_ROLE_ADMIN);
}

static void who_is_in_none_may_nothing(void **state)
{
	assert_int_equal(role_in(&three, ELSE_GROUP, ELSE_GROUP), GW_ROLE_NONE);
	/* A group that is not there has number 0 here, which is nobody's way in. */
	const struct groups one = {
		.any = true, .is_there = {[GW_ROLE_VIEWER] = true}, .gid = {0, 4000001, 0, 0}};

	if (getegid() != 0)
		assert_int_equal(role_in(&one, 0, ELSE_GROUP), GW_ROLE_NONE);
	assert_int_equal(role_in(&one, 4000003, ELSE_GROUP), GW_ROLE_NONE);
}

static void root_and_who_runs_the_gateway_are_admins(void **state)
{
	const gid_t other = ELSE_GROUP, own = getegid();

	assert_int_equal(groups_role(&three, 0, &other, 1), GW_ROLE_ADMIN);
	assert_int_equal(groups_role(&three, geteuid(), &other, 1), GW_ROLE_ADMIN);
	assert_int_equal(groups_role(&three, NOBODY, &own, 1), GW_ROLE_ADMIN);
}

static void without_any_group_the_file_decides(void **state)
{
	struct gw_api_groups_config config = {
		"framegate-test-none-a", "framegate-test-none-o", "framegate-test-none-v"};
	struct groups groups;

	groups_find(&groups, &config);
	assert_false(groups.any);
	assert_int_equal(role_in(&groups, ELSE_GROUP, ELSE_GROUP), GW_ROLE_ADMIN);
}

static void a_group_of_the_machine_is_found(void **state)
{
	struct gw_api_groups_config config = {
		"framegate-test-none-a", "framegate-test-none-o", "root"};
	struct groups groups;

	groups_find(&groups, &config);
	assert_true(groups.any);
	assert_true(groups.is_there[GW_ROLE_VIEWER]);
	assert_int_equal(groups.gid[GW_ROLE_VIEWER], 0);
	assert_false(groups.is_there[GW_ROLE_ADMIN]);
}

static void the_kernel_says_who_connected(void **state)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(groups_role_at(&three, fd[0]), GW_ROLE_ADMIN);
	close(fd[0]);
	close(fd[1]);
	/* What is no socket says nothing. */
	assert_int_equal(groups_role_at(&three, -1), GW_ROLE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_of_his_groups_counts),
		cmocka_unit_test(who_is_in_none_may_nothing),
		cmocka_unit_test(root_and_who_runs_the_gateway_are_admins),
		cmocka_unit_test(without_any_group_the_file_decides),
		cmocka_unit_test(a_group_of_the_machine_is_found),
		cmocka_unit_test(the_kernel_says_who_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
