#include "core/config/schema_plan.h"

#include "core/config/config.h"
#include "core/config/most.h"
#include "core/config/yaml_load.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POSITIVE (CYAML_FLAG_OPTIONAL | GW_YAML_POSITIVE)
#define POINTER (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t combinations[] = {
	{"mean", GW_COMBINE_MEAN},
	{"vote", GW_COMBINE_VOTE},
};

static const cyaml_schema_value_t model_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CONFIG_MODEL_SIZE),
};

static const cyaml_schema_value_t label_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255),
};

static const cyaml_schema_field_t step_fields[] = {
	CYAML_FIELD_STRING_PTR("name", POINTER, struct gw_step_config, name, 1, GW_NAME - 1),
	CYAML_FIELD_STRING_PTR(
		"model", POINTER, struct gw_step_config, model, 1, CONFIG_MODEL_SIZE),
	CYAML_FIELD_SEQUENCE(
		"models", POINTER, struct gw_step_config, models, &model_entry, 2, GW_ENSEMBLE),
	CYAML_FIELD_ENUM("combine", OPTIONAL | CYAML_FLAG_STRICT, struct gw_step_config, combine,
		combinations, CYAML_ARRAY_LEN(combinations)),
	CYAML_FIELD_STRING_PTR("from", POINTER, struct gw_step_config, from, 1, CONFIG_MODEL_SIZE),
	CYAML_FIELD_SEQUENCE(
		"only", POINTER, struct gw_step_config, only, &label_entry, 1, GW_STEP_LABELS),
	CYAML_FIELD_FLOAT("least", OPTIONAL, struct gw_step_config, least),
	CYAML_FIELD_UINT("most", POSITIVE | CONFIG_MOST(CROPS), struct gw_step_config, most),
	CYAML_FIELD_FLOAT("margin", OPTIONAL, struct gw_step_config, margin),
	CYAML_FIELD_UINT("every", POSITIVE, struct gw_step_config, every),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t config_step_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gw_step_config, step_fields),
};
