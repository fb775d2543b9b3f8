/* The numbers of result.proto, for what writes it. A test holds what is written against the file.
 */
#pragma once

enum result_field {
	RESULT_VERSION = 1,
	RESULT_ID = 2,
	RESULT_TIMESTAMP = 3,
	RESULT_SENSOR_ID = 4,
	RESULT_OBJECTS = 5,
	RESULT_GATEWAY = 16,
	RESULT_FRAME = 17,
	RESULT_MODEL = 18,
	RESULT_TASK = 19,
	RESULT_CLASSES = 20,
	RESULT_MASK = 21,
	RESULT_TENSORS = 22,
	RESULT_LINES = 23,
	RESULT_ENHANCED = 24,
	RESULT_MODELS = 25,
	RESULT_DISAGREEMENT = 26,
	RESULT_TRUNCATED = 27,
	RESULT_FINDINGS = 28,
	RESULT_SAMPLED = 29,
	RESULT_LATENCY_US = 30,
};

/* google.protobuf.Timestamp */
enum timestamp_field { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS = 2 };

enum frame_field {
	FRAME_SEQUENCE = 1,
	FRAME_RTP_TIMESTAMP = 2,
	FRAME_SSRC = 3,
	FRAME_WIDTH = 4,
	FRAME_HEIGHT = 5,
	FRAME_ORIENTATION = 6,
	FRAME_CLOCK_SOURCE = 7,
	FRAME_FLAGS = 8,
	FRAME_BYTES = 9,
};

enum model_field { MODEL_NAME = 1, MODEL_VERSION = 2, MODEL_DIGEST = 3, MODEL_TASK = 4 };

enum bbox_field { BBOX_LEFT_X = 1, BBOX_TOP_Y = 2, BBOX_RIGHT_X = 3, BBOX_BOTTOM_Y = 4 };

/* Keypoint, of which a Point has the first two. */
enum point_field { POINT_X = 1, POINT_Y = 2, POINT_TYPE = 3, POINT_CONFIDENCE = 4 };

enum mask_field { MASK_WIDTH = 1, MASK_HEIGHT = 2, MASK_BBOX = 3, MASK_RUNS = 4, MASK_LABELS = 5 };

enum tensor_field { TENSOR_NAME = 1, TENSOR_SHAPE = 2, TENSOR_FLOAT32 = 3 };

enum line_field { LINE_TEXT = 1, LINE_CONFIDENCE = 2 };

enum enhanced_field {
	ENHANCED_WIDTH = 1,
	ENHANCED_HEIGHT = 2,
	ENHANCED_BYTES = 3,
	ENHANCED_PSNR = 4,
};

/* Finding, of which Class and Object have what they have. */
enum finding_field {
	FINDING_ID = 1,
	FINDING_BBOX = 2,
	FINDING_TYPE = 3,
	FINDING_CONFIDENCE = 4,
	FINDING_INDEX = 16,
	FINDING_KEYPOINTS = 17,
	FINDING_POLYGON = 18,
	FINDING_MASK = 19,
	FINDING_KIND = 20,
	FINDING_MODEL = 21,
	FINDING_PARENT = 22,
	FINDING_TEXT = 23,
	FINDING_TENSOR = 24,
	FINDING_ENHANCED = 25,
};
