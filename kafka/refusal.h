/* What an error of the brokers or the library means for the record that got it. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

enum refusal {
	/* It can pass: the record is as good as before. Every error that is not named otherwise. */
	REFUSAL_PASSES,
	/* It lies in the record, or in another one of the same request, and stays. */
	REFUSAL_STAYS,
	/* The client has no place for it just now. */
	REFUSAL_FULL,
};

enum refusal refusal_of(rd_kafka_resp_err_t error);

/* Whether a record, or what shares its request, is larger than its topic takes. */
bool refusal_is_of_size(rd_kafka_resp_err_t error);

/* Puts the error's name and what to do about it into `text`: one line. */
void refusal_advice(rd_kafka_resp_err_t error, const char *topic, char *text, size_t size);
