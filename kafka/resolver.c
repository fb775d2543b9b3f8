#include "kafka/resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_silent;
static uint32_t waiting;

void resolver_silence(bool silent)
{
	pthread_mutex_lock(&lock);
	is_silent = silent;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

uint32_t resolver_waiting(void)
{
	pthread_mutex_lock(&lock);
	uint32_t count = waiting;

	pthread_mutex_unlock(&lock);
	return count;
}

/* Libraries find the program's own before the C library's. */
__attribute__((visibility("default"))) int getaddrinfo(const char *restrict name,
	const char *restrict service, const struct addrinfo *restrict req,
	struct addrinfo **restrict pai)
{
	lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");

	pthread_mutex_lock(&lock);
	waiting++;
	while (is_silent)
		pthread_cond_wait(&changed, &lock);
	waiting--;
	pthread_mutex_unlock(&lock);
	return real(name, service, req, pai);
}
