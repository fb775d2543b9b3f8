/* libframegate: JPEG pictures in, what models find in them out, within one process.
 *
 * The very code of the gateway: the same decoder, preprocessing, engines, models and findings, so
 * that the same picture gives the same answer here and there. No network, no Kafka, no DPDK.
 *
 * An engine is opened once and used by as many threads as like; what each gets lies in results of
 * its own. Nothing is shared between engines, and nothing is written to stdout or stderr. A process
 * that forks opens its engines afterwards.
 */
#ifndef FRAMEGATE_H
#define FRAMEGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FRAMEGATE_API __attribute__((visibility("default")))

/* Bytes of an error line, with its end. */
#define FRAMEGATE_ERROR 512

struct framegate;
struct framegate_results;

/* What an engine is to be. A member that is 0 or NULL is as if it were not there. */
struct framegate_options {
	size_t size; /* sizeof(struct framegate_options), so that later versions may have more */
	const char *repository; /* the folder of models (docs/models.md) */

	/* One of the two: a model, "name" or "name:version"; or a plan, as YAML or JSON text: the
	 * list that `plan` of a camera has in the gateway's configuration. */
	const char *model;
	const char *plan;

	uint32_t threads; /* that decode, and that infer: 1 .. 64; default: 1 */
	const char *onnxruntime; /* path of libonnxruntime.so; default: it is searched */
	const char *backend; /* "ort" or "opencl"; default: the first that opens */
	uint16_t max_width, max_height; /* pixels that a picture may have; default: 8192 each */
};

/* The bytes of one picture. They stay the caller's, who does not touch them during a run. */
struct framegate_jpeg {
	const void *data;
	size_t size;
};

/* A model that is in use. */
struct framegate_model {
	const char *name;
	uint32_t version;
	const char *digest; /* "sha256:..." of its files */
	const char *task; /* "classify", "detect", "text", "segment", "raw", "read", "enhance" */
	size_t label_count;
	const char *const *labels;
	size_t keypoint_count;
	const char *const *keypoints; /* names, in the order of a finding's keypoints */
};

/* What `rest` of a finding is. */
enum framegate_rest {
	FRAMEGATE_NOTHING, /* there is none */
	FRAMEGATE_KEYPOINTS, /* struct framegate_keypoint, as many as the model has */
	FRAMEGATE_CORNERS, /* four struct framegate_point */
	FRAMEGATE_SHAPE, /* struct framegate_shape */
	FRAMEGATE_MASK, /* struct framegate_mask */
	FRAMEGATE_TENSOR, /* struct framegate_tensor */
	FRAMEGATE_TEXT, /* rest_size bytes of UTF-8, without an end */
	FRAMEGATE_ENHANCED, /* struct framegate_enhanced */
};

/* Pixels of the picture as it is seen, from its upper left corner. */
struct framegate_point {
	float x, y;
};

struct framegate_keypoint {
	struct framegate_point at;
	float confidence; /* 0 .. 1 */
};

/* Cells that lie evenly over the finding's box, a label for each: rows from the top, run after run;
 * the lengths add up to width * height. */
struct framegate_mask {
	uint16_t width, height;
	uint32_t count;
	struct framegate_mask_run {
		uint16_t label, length;
	} run[];
};

/* Which cells of a grid over x0 .. y1 an object covers: so many do not belong to it, so many do,
 * and so on in turn. */
struct framegate_shape {
	float x0, y0, x1, y1; /* pixels */
	uint16_t width, height; /* cells */
	uint32_t count;
	uint16_t run[];
};

struct framegate_tensor {
	uint32_t rank;
	uint32_t dims[5];
	float value[];
};

/* A better picture. */
struct framegate_enhanced {
	uint16_t width, height; /* pixels */
	uint32_t size; /* bytes of `jpeg` */
	float psnr; /* dB against the picture itself; below 0: that is no reference */
	uint8_t jpeg[];
};

struct framegate_finding {
	uint32_t model; /* of framegate_models() */
	uint32_t label; /* its number */
	const char *name; /* ... and the label itself; NULL: the model has none of that number */
	float confidence; /* 0 .. 1 */
	float x0, y0, x1, y1; /* of a box, pixels of the picture as it is seen; x1, y1 lie outside
			       */
	int32_t parent; /* the finding whose box the model looked at; -1: the picture */
	enum framegate_rest kind; /* of `rest` */
	const void *rest; /* aligned for any of the structs above */
	size_t rest_size; /* bytes */
};

/* What came of one picture. */
struct framegate_picture {
	/* 0, or why there are no findings: -EBADMSG (no JPEG, or a damaged one), -ENOTSUP (of a
	 * coding that is refused), -EFBIG (too large), -ENOMEM (no memory, or no room for what was
	 * found), -EIO (the model could not look at it). */
	int error;
	/* ... as the gateway calls it: "jpeg_bad"; "no_memory", which a gateway cannot have: the
	 * same picture may do well another time; NULL: it is well */
	const char *cause;
	const char *why; /* ... in one line; NULL: the same */

	uint32_t width, height; /* pixels, as it is seen; 0: not known */
	uint8_t orientation; /* Exif's number for how it is stored, 1: as it is seen */
	const char *task; /* the model's, "plan", or "none" when no step of the plan looks at it */
	bool truncated; /* of a plan: there were more findings than it has room for */
	float disagreement; /* of a plan: the largest of its ensembles, 0 .. 1; below 0: none */
	size_t finding_count; /* of one model, the best first */
	const struct framegate_finding *findings;

	/* With FRAMEGATE_JSON, one object: `frame` (width, height, orientation unless it is 1,
	 * bytes) and then exactly what the gateway's record says (docs/records.md): `model`, `task`
	 * and the findings. Of a picture without findings `error` and `reason` instead. Ended by a
	 * zero byte. */
	const char *json;
	size_t json_size;
};

/* Bits of `flags` of framegate_run(). */
#define FRAMEGATE_JSON 1u /* the pictures' JSON texts are wanted, too */

/* Loads the models and makes them ready: slow, as long as a gateway needs to start. Any thread.
 * NULL with errno and a line in `error` (NULL: nobody wants it) that says what to do.
 *
 * Sets ORT_DISABLE_TELEMETRY in the environment unless it is there: who has threads that read the
 * environment sets it before. */
FRAMEGATE_API struct framegate *framegate_open(
	const struct framegate_options *options, char error[FRAMEGATE_ERROR]);

/* Nobody is in framegate_run(), and no results of the engine are used afterwards. Accepts NULL. */
FRAMEGATE_API void framegate_close(struct framegate *engine);

/* The models in use, in the order in which they were opened. They stay until the engine is closed.
 */
FRAMEGATE_API const struct framegate_model *framegate_models(
	const struct framegate *engine, size_t *count);

/* Pictures that its models look at together, at most: a run of fewer leaves speed unused. */
FRAMEGATE_API size_t framegate_batch(const struct framegate *engine);

/* Room for what runs find, which is used again and again. NULL: out of memory. */
FRAMEGATE_API struct framegate_results *framegate_results_create(void);

/* Accepts NULL. */
FRAMEGATE_API void framegate_results_destroy(struct framegate_results *results);

/* Runs `count` pictures and waits for all of them. What `results` held before is gone. Any number
 * of threads, each with results of its own. Returns 0, also when pictures have an error: each says
 * so itself and harms no other; or -EINVAL (no engine, results or pictures) or -ENOMEM: then the
 * results are empty. */
FRAMEGATE_API int framegate_run(struct framegate *engine, const struct framegate_jpeg *pictures,
	size_t count, unsigned int flags, struct framegate_results *results);

/* What came of the last run, in the order of its pictures: as long as the results are not used for
 * another, and the engine is open. */
FRAMEGATE_API const struct framegate_picture *framegate_pictures(
	const struct framegate_results *results, size_t *count);

/* "0.1.0" */
FRAMEGATE_API const char *framegate_version(void);

#ifdef __cplusplus
}
#endif

#endif
