#include "core/view.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/frame.h"

#define BOUNDARY "framegate-d5c4f0b1a7e94c62"
#define HEAD "--" BOUNDARY "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
#define BETWEEN "\r\n--" BOUNDARY "\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n"
#define TAIL "\r\n--" BOUNDARY "--\r\n"
#define HEADS 256 /* what stands around the two, with the largest numbers */

#define FIRST_ROOM (128u << 10) /* before anything is known of a camera's pictures */
#define SHORTEST (150 * GW_NS_PER_MS) /* from one picture of a camera to the next */

static_assert(sizeof(HEAD) + sizeof(BETWEEN) + sizeof(TAIL) + 40 < HEADS, "");

struct gw_views *gw_views_create(size_t limit)
{
	struct gw_views *views = calloc(1, sizeof(*views));

	if (!views)
		return NULL;
	pthread_mutex_init(&views->lock, NULL);
	views->limit = limit;
	return views;
}

/* The lock is held. Accepts NULL. */
static void let_go(struct gw_view *view)
{
	if (!view || --view->refs > 0)
		return;
	view->views->bytes -= view->room;
	free(view);
}

void gw_views_destroy(struct gw_views *views)
{
	if (!views)
		return;
	for (uint32_t i = 0; i < GW_CAMERAS; i++) {
		let_go(views->place[i].out);
		let_go(views->place[i].kept);
	}
	pthread_mutex_destroy(&views->lock);
	free(views);
}

static char *add(char *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

void gw_view_put(struct gw_views *views, const struct gw_frame *frame, const char *camera,
	const char *record, size_t record_size, int64_t now)
{
	struct gw_view *view =
		atomic_exchange_explicit(&views->wanted[frame->camera], NULL, memory_order_acq_rel);

	if (!view)
		return;
	view->need = HEADS + record_size + frame->jpeg.size;
	if (view->need > view->room) {
		atomic_store_explicit(&view->state, GW_VIEW_SMALL, memory_order_release);
		return;
	}
	char *at = view->bytes;

	snprintf(view->camera, sizeof(view->camera), "%s", camera);
	view->sequence = frame->sequence;
	view->kept = now;
	view->record_size = record_size;
	view->jpeg_size = frame->jpeg.size;
	at += snprintf(at, HEADS, HEAD, record_size);
	view->record = at;
	at = add(at, record, record_size);
	at += snprintf(at, HEADS, BETWEEN, view->jpeg_size);
	view->jpeg = at;
	at = add(at, frame->jpeg.data, frame->jpeg.size);
	at = add(at, TAIL, sizeof(TAIL) - 1);
	view->need = (size_t)(at - view->bytes);
	atomic_store_explicit(&view->state, GW_VIEW_FULL, memory_order_release);
}

/* Keeps what came, and as much memory as it takes. */
static void keep(struct gw_view_place *place, struct gw_view *view)
{
	const size_t record = (size_t)(view->record - view->bytes);
	const size_t jpeg = (size_t)(view->jpeg - view->bytes);
	struct gw_view *fit = realloc(view, sizeof(*view) + view->need);

	if (fit) {
		view = fit;
		view->views->bytes -= view->room - view->need;
		view->room = view->need;
		view->record = view->bytes + record;
		view->jpeg = view->bytes + jpeg;
	}
	let_go(place->kept);
	place->kept = view;
}

/* Takes what the lane is done with, and lets go of what is another camera's that had the slot
 * before.
 */
static void collect(struct gw_view_place *place, const char *name)
{
	struct gw_view *view = place->out;
	const int state =
		view ? atomic_load_explicit(&view->state, memory_order_acquire) : GW_VIEW_EMPTY;

	if (state != GW_VIEW_EMPTY) {
		place->out = NULL;
		place->room = view->need + view->need / 4;
		if (state == GW_VIEW_FULL)
			keep(place, view);
		else
			let_go(view);
	}
	if (place->kept && strcmp(place->kept->camera, name) != 0) {
		let_go(place->kept);
		place->kept = NULL;
	}
}

/* Leaves a piece of memory for the lane. */
static int offer(struct gw_views *views, uint32_t camera)
{
	struct gw_view_place *place = &views->place[camera];
	const size_t room = place->room > 0 ? place->room : FIRST_ROOM;

	if (views->bytes + room > views->limit)
		return -ENOBUFS;
	struct gw_view *view = malloc(sizeof(*view) + room);

	if (!view)
		return -ENOMEM;
	/* All of it, so that no lane has to wait for memory that was never touched. */
	memset(view, 0, sizeof(*view) + room);
	view->views = views;
	view->refs = 1;
	view->room = room;
	views->bytes += room;
	place->out = view;
	atomic_store_explicit(&views->wanted[camera], view, memory_order_release);
	return 0;
}

int gw_views_look(struct gw_views *views, uint32_t camera, const char *name, int64_t now,
	const struct gw_view **view)
{
	struct gw_view_place *place = &views->place[camera];
	int status = 0;

	pthread_mutex_lock(&views->lock);
	place->asked = now;
	collect(place, name);
	if (!place->out && (!place->kept || now - place->kept->kept >= SHORTEST))
		status = offer(views, camera);
	if (place->kept) {
		place->kept->refs++;
		*view = place->kept;
		status = 0;
	} else if (status == 0) {
		status = -EAGAIN;
	}
	pthread_mutex_unlock(&views->lock);
	return status;
}

const struct gw_view *gw_views_kept(struct gw_views *views, uint32_t camera, const char *name)
{
	struct gw_view *kept;

	pthread_mutex_lock(&views->lock);
	kept = views->place[camera].kept;
	if (kept && strcmp(kept->camera, name) == 0)
		kept->refs++;
	else
		kept = NULL;
	pthread_mutex_unlock(&views->lock);
	return kept;
}

void gw_view_unref(const struct gw_view *view)
{
	struct gw_views *views = view->views;

	pthread_mutex_lock(&views->lock);
	let_go((struct gw_view *)view);
	pthread_mutex_unlock(&views->lock);
}

/* Whether nothing of the camera is left: what its lane is writing to is freed later. */
static bool take_back(struct gw_views *views, uint32_t camera)
{
	struct gw_view_place *place = &views->place[camera];

	let_go(place->kept);
	place->kept = NULL;
	if (place->out &&
		!atomic_exchange_explicit(&views->wanted[camera], NULL, memory_order_acq_rel) &&
		atomic_load_explicit(&place->out->state, memory_order_acquire) == GW_VIEW_EMPTY)
		return false;
	let_go(place->out);
	place->out = NULL;
	return true;
}

void gw_views_upkeep(struct gw_views *views, int64_t now)
{
	pthread_mutex_lock(&views->lock);
	for (uint32_t i = 0; i < GW_CAMERAS; i++) {
		const int64_t asked = views->place[i].asked;

		if (asked != 0 && now - asked > GW_VIEW_KEPT_S * GW_NS_PER_S && take_back(views, i))
			views->place[i] = (struct gw_view_place){0};
	}
	pthread_mutex_unlock(&views->lock);
}
