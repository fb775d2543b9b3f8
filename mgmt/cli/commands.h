/* The functions behind the table of commands; each returns an exit code. */
#pragma once

struct cli;

int cli_status(struct cli *cli);
int cli_camera_list(struct cli *cli);
int cli_camera_show(struct cli *cli);
int cli_camera_add(struct cli *cli);
int cli_camera_set(struct cli *cli);
int cli_camera_probe(struct cli *cli);
int cli_port_capture(struct cli *cli);
int cli_camera_remove(struct cli *cli);
int cli_drops(struct cli *cli);
int cli_latency(struct cli *cli);
int cli_metrics(struct cli *cli);
int cli_audit(struct cli *cli);
int cli_accel_list(struct cli *cli);
int cli_accel_balance(struct cli *cli);
int cli_bench(struct cli *cli);
int cli_model_list(struct cli *cli);
int cli_model_show(struct cli *cli);
int cli_model_check(struct cli *cli);
int cli_model_inspect(struct cli *cli);
int cli_model_add(struct cli *cli);
int cli_model_rollout(struct cli *cli);
int cli_model_status(struct cli *cli);
int cli_model_rollback(struct cli *cli);
int cli_sample(struct cli *cli);
int cli_stages(struct cli *cli);
int cli_trace(struct cli *cli);
int cli_top(struct cli *cli);
int cli_config_check(struct cli *cli);
int cli_config_show(struct cli *cli);
int cli_config_diff(struct cli *cli);
int cli_config_save(struct cli *cli);
int cli_config_apply(struct cli *cli);
int cli_config_commit(struct cli *cli);
int cli_config_confirm(struct cli *cli);
int cli_config_rollback(struct cli *cli);
int cli_config_edit(struct cli *cli);
int cli_config_history(struct cli *cli);
int cli_support_bundle(struct cli *cli);
int cli_system_check(struct cli *cli);
int cli_system_bind(struct cli *cli);
int cli_system_unbind(struct cli *cli);
int cli_version(struct cli *cli);
int cli_completion(struct cli *cli);
int cli_help(struct cli *cli);
