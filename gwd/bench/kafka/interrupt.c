#include "gwd/bench/kafka/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t came;

static void note(int number)
{
	came = number;
}

void interrupt_begin(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = note};

	for (int i = 0; i < 3; i++)
		sigaction(numbers[i], &action, NULL);
}

bool interrupt_came(void)
{
	return came != 0;
}

int interrupt_signal(void)
{
	return came;
}
