#include "core/log_tail.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_line kept[LOG_TAIL]; /* line n at n % LOG_TAIL */
static uint64_t last;

void log_tail_put(const struct log_line *line)
{
	pthread_mutex_lock(&lock);
	kept[++last % LOG_TAIL] = *line;
	pthread_mutex_unlock(&lock);
}

uint64_t gw_log_read(uint64_t after, struct log_line *line)
{
	uint64_t number = 0;

	pthread_mutex_lock(&lock);
	const uint64_t oldest = last > LOG_TAIL ? last - LOG_TAIL + 1 : 1;

	if (after < last) {
		number = after + 1 > oldest ? after + 1 : oldest;
		*line = kept[number % LOG_TAIL];
	}
	pthread_mutex_unlock(&lock);
	return number;
}

uint64_t gw_log_last(void)
{
	pthread_mutex_lock(&lock);
	const uint64_t number = last;

	pthread_mutex_unlock(&lock);
	return number;
}
