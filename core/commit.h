/* Commits: how the stored configuration changes, and the running gateway with it. Whoever wants to
 * change it (the API, SIGHUP, a deadline) says what it is to be as a whole; that is checked,
 * compared with what is in effect, applied by rules and stored with who, when, from where and why,
 * all of it or nothing (core/apply.h, core/config/history.h).
 *
 * All functions: control thread, or before it runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct gw;
struct gw_config;
struct json_t;

#define GW_REVISION 32
#define GW_CONFIRM_MOST_S 86400

/* What a running gateway remembers of them. */
struct gw_commits {
	int64_t deadline; /* gw_now() by which the newest is to be confirmed; 0: it need not be */
	bool waits; /* part of the newest waits for a restart */
	struct gw_config *owed; /* what is to be in effect again, and could not yet; or NULL */
	int64_t next_try; /* of that */
	bool failing; /* the newest was due to come back, and could not */
};

struct gw_commit_wish {
	const char *text; /* of the file to be; NULL: what is in effect */
	size_t size;
	const char *revision; /* what the author started from; NULL: whatever there is */
	const char *who, *from, *comment;
	uint32_t confirm_s; /* it comes back when nobody confirms it by then; 0: it stays */
	bool restart; /* the author knows that part of it needs one */
	bool check; /* only what would be */
	bool stored; /* the file says it already: SIGHUP */
	bool back; /* it takes back one that waits for its confirmation */
};

enum gw_commit_result {
	GW_COMMIT_MADE,
	GW_COMMIT_NOTHING, /* all is so already */
	GW_COMMIT_CHECKED, /* it could be made */
	GW_COMMIT_STALE, /* somebody else was quicker: the differences say what came since */
	GW_COMMIT_RESTART, /* it needs a restart, which the author has not agreed to */
};

struct gw_commit_outcome {
	enum gw_commit_result result;
	/* [{"path", "was", "is", "restart"}], to be released; NULL where there was nothing to
	 * compare with. */
	struct json_t *differences;
	bool restart; /* some need one */
	uint32_t number; /* of the commit that was made */
};

/* Makes a commit, if `outcome` does not say otherwise. Returns 0, or a negative errno with a line:
 * then nothing has changed, or is about to be as it was (-EBUSY). -EBADMSG: the stored file is not
 * valid, and what is in effect is not written over it. */
int gw_commit_make(struct gw *gw, const struct gw_commit_wish *wish,
	struct gw_commit_outcome *outcome, struct gw_error *error);

/* The newest commit stays. -ENOENT when it waits for nothing. */
int gw_commit_confirm(struct gw *gw, const char *who, struct gw_error *error);

/* Makes a commit of what commit `number` was; 0: the one before the newest, or that to which the
 * newest goes back. The wish's text is not looked at. */
int gw_commit_rollback(struct gw *gw, uint32_t number, const struct gw_commit_wish *wish,
	struct gw_commit_outcome *outcome, struct gw_error *error);

/* What changes the configuration without anybody asking the API for it: SIGHUP, a deadline.
 * gw->witness (core/api.h) has it as the request that would do the same, by the wish's `who`,
 * `from` and `comment`. */
enum gw_commit_deed_kind { GW_DEED_COMMIT, GW_DEED_ROLLBACK };

struct gw_commit_deed {
	enum gw_commit_deed_kind kind;
	bool told; /* somebody writes it down */
	uint64_t number; /* of the line */
	char before[GW_REVISION]; /* empty: gw_commit_deed_begin() looks */
};

/* It is about to be done; `deed` begins as zeroes. Returns 0, or a negative errno with a line: it
 * could not be written down, and the caller says whether it is done all the same. */
int gw_commit_deed_begin(struct gw *gw, enum gw_commit_deed_kind kind,
	const struct gw_commit_wish *wish, struct gw_commit_deed *deed, struct gw_error *error);

/* What came of it: `status` and, when that is not 0, `error`. */
void gw_commit_deed_end(struct gw *gw, const struct gw_commit_deed *deed, int status,
	const struct gw_commit_outcome *outcome, const struct gw_error *error);

/* "7-0c65ab12": the newest commit, and what is in effect by now. */
int gw_commit_revision(const struct gw *gw, char revision[GW_REVISION], struct gw_error *error);

/* At a start, when the configuration was read and before anything runs: a file that somebody wrote
 * meanwhile becomes a commit, where there is a history. */
void gw_commit_start(struct gw *gw);

/* Takes back what was not confirmed in time. Now and then. */
void gw_commit_upkeep(struct gw *gw, int64_t now);
