/* Drafts of graphs that tests make, and what reading them gives. */
#pragma once

#include <stdbool.h>

#include "accel/repository/model.h"
#include "accel/repository/test_graph.h"
#include "core/error.h"
#include "gwd/model/draft_yaml.h"

/* An input as most have it. */
#define TEST_IMAGE(name) \
	{ \
		name, ONNX_FLOAT32, 4, \
		{ \
			0, 3, 640, 640 \
		} \
	}

/* Of the last draft; NULL: there is none, or it could not be read. */
extern char *test_yaml;
extern struct model_description *test_described;
extern struct draft test_draft;
extern struct draft_facts test_facts;
extern struct gw_error test_error; /* why it could not */

/* For cmocka's teardown: lets the last draft go. */
int test_forget(void **state);

/* Reads the graph and looks for its picture: 0, or what is told of one without. */
int test_find(const struct test_graph *made);

/* Drafts what test_find() has found. */
void test_write(void);

/* Finds, drafts and reads the draft as it is; returns what reading gives. */
int test_drafted(const struct test_graph *made);

/* The same where it must be read. */
void test_drafts(const struct test_graph *made);

/* Whether the line that begins with `key` is marked. */
bool test_is_marked(const char *key);
