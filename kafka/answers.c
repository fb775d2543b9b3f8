#include "kafka/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A source has no control character, so that no two commands have the same. NULL: out of memory. */
static char *asked(const char *source, const char *id)
{
	char *text = NULL;

	return asprintf(&text, "%s\n%s", source, id) < 0 ? NULL : text;
}

const char *answers_find(const struct answers *answers, const char *source, const char *id)
{
	char *wanted = asked(source, id);
	const char *found = NULL;

	for (uint32_t i = 0; wanted && !found && i < ANSWERS; i++)
		if (answers->of[i].asked && strcmp(answers->of[i].asked, wanted) == 0)
			found = answers->of[i].text;
	free(wanted);
	return found;
}

static void let_go(struct answers *answers, struct answer *answer)
{
	answers->bytes -= answer->size;
	free(answer->asked);
	free(answer->text);
	*answer = (struct answer){0};
}

void answers_keep(struct answers *answers, const char *source, const char *id, const char *text)
{
	struct answer *answer = &answers->of[answers->next % ANSWERS];
	const struct answer fresh = {.asked = asked(source, id), .text = strdup(text)};

	if (!fresh.asked || !fresh.text) {
		free(fresh.asked);
		free(fresh.text);
		return;
	}
	for (uint32_t i = 0; i < ANSWERS; i++)
		if (answers->of[i].asked && strcmp(answers->of[i].asked, fresh.asked) == 0)
			let_go(answers, &answers->of[i]);
	let_go(answers, answer);
	*answer = fresh;
	answer->size = strlen(fresh.asked) + strlen(fresh.text);
	answers->bytes += answer->size;
	answers->next++;
	for (uint32_t i = 0; i < ANSWERS - 1 && answers->bytes > ANSWERS_BYTES; i++)
		let_go(answers, &answers->of[(answers->next + i) % ANSWERS]);
}

void answers_forget(struct answers *answers)
{
	for (uint32_t i = 0; i < ANSWERS; i++)
		let_go(answers, &answers->of[i]);
	answers->next = 0;
}
