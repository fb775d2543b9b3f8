#include "gwd/bench/kafka/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const plan_scenarios[PLAN_SCENARIOS] = {
	[PLAN_TOGETHER] = "together",
	[PLAN_PRODUCER] = "producer",
	[PLAN_CONSUMERS] = "consumers",
};

bool plan_read_list(const char *text, uint32_t most, struct plan_list *list)
{
	list->count = 0;
	for (;;) {
		char *end;
		const unsigned long number = strtoul(text, &end, 10);
		const uint32_t last = list->count > 0 ? list->number[list->count - 1] : 0;

		if (*text < '0' || *text > '9' || number <= last || number > most ||
			list->count == PLAN_LIST)
			return false;
		list->number[list->count++] = (uint32_t)number;
		if (*end == '\0')
			return true;
		if (*end != ',')
			return false;
		text = end + 1;
	}
}

bool plan_read_scenarios(const char *text, bool scenario[PLAN_SCENARIOS])
{
	memset(scenario, 0, PLAN_SCENARIOS * sizeof(*scenario));
	for (;;) {
		const size_t length = strcspn(text, ",");
		bool known = false;

		for (int i = 0; i < PLAN_SCENARIOS; i++)
			if (strlen(plan_scenarios[i]) == length &&
				strncmp(text, plan_scenarios[i], length) == 0)
				known = scenario[i] = true;
		if (!known)
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

uint32_t plan_cells(const struct plan *plan, struct plan_cell cells[PLAN_CELLS])
{
	uint32_t count = 0;

	for (uint32_t p = 0; p < plan->partitions.count; p++)
		for (int scenario = 0; scenario < PLAN_SCENARIOS; scenario++) {
			const bool alone = scenario == PLAN_PRODUCER;

			for (uint32_t c = 0;
				plan->scenario[scenario] && c < (alone ? 1 : plan->consumers.count);
				c++)
				cells[count++] = (struct plan_cell){
					.scenario = (enum plan_scenario)scenario,
					.partitions = plan->partitions.number[p],
					.consumers = alone ? 0 : plan->consumers.number[c],
				};
		}
	return count;
}

static json_t *list_json(const struct plan_list *list)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < list->count; i++)
		json_array_append_new(all, json_integer(list->number[i]));
	return all;
}

json_t *plan_json(const struct plan *plan)
{
	json_t *scenarios = json_array();

	for (int i = 0; i < PLAN_SCENARIOS; i++)
		if (plan->scenario[i])
			json_array_append_new(scenarios, json_string(plan_scenarios[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:I, s:s, s:I, s:I}", "brokers", plan->brokers,
		"partitions", list_json(&plan->partitions), "consumers",
		list_json(&plan->consumers), "scenarios", scenarios, "messages",
		(json_int_t)plan->messages, "payload", plan->payload ? plan->payload : "bytes",
		"size", (json_int_t)plan->size, "replication", (json_int_t)plan->replication);
}

int plan_agrees(const struct plan *plan, const json_t *other, struct gw_error *error)
{
	json_t *mine = plan_json(plan), *value;
	const char *key, *differs = NULL;

	json_object_foreach(mine, key, value) {
		if (!differs && !json_equal(value, json_object_get(other, key)))
			differs = key;
	}
	/* The key is the object's own. */
	const int status = differs
		? gw_error_set(error, -EINVAL,
			  "what was begun there differs in '%s': repeat the options of then, or "
			  "take another folder by --output",
			  differs)
		: 0;

	json_decref(mine);
	return status;
}
