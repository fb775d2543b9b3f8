# shellcheck shell=bash
# Ray, Spark, and JAX for training: what runs behind Kafka, in a place of its own since it is large and only
# its tests and experiments need it.

readonly CLUSTER_PYTHON=$CACHE/cluster/bin/python

cluster_python_ready() {
	fresh "$CACHE/cluster" cluster/requirements.txt && [[ -x $CLUSTER_PYTHON ]]
}

# Made in place: it cannot move.
cluster_python_get() {
	rm -rf "$CACHE/cluster"
	/usr/bin/python3 -m venv "$CACHE/cluster"
	"$CACHE/cluster/bin/pip" install -q --disable-pip-version-check --require-hashes \
		-r cluster/requirements.txt
	sha256sum cluster/requirements.txt | cut -d' ' -f1 >"$CACHE/cluster/.lock"
}

spark_jars_ready() {
	fresh "$CACHE/spark-jars" "$SETUP_DIR/spark-pom.xml" "$SETUP_DIR/spark-jars.sha256"
}

spark_jars_get() {
	maven_get spark-jars "Spark's way to Kafka"
}

setup_cluster() {
	local steps=0 part begin=$SECONDS
	for part in cluster_python spark_jars; do
		"${part}_ready" || steps=$((steps + 1))
	done
	((steps)) || return 0
	printf 'setup: Ray, Spark and JAX: 0.9 GB to download, 1.9 GB on disk, two minutes or more, log in %s\n' \
		"$CACHE/setup-cluster.log" >&3
	steps_begin "$steps" "$CACHE/setup-cluster.log"
	cluster_python_ready || step "Ray, Spark and JAX, by hash" cluster_python_get
	spark_jars_ready || step "Spark's way to Kafka" spark_jars_get
	printf 'setup: done in %d s\n' $((SECONDS - begin)) >&3
}
