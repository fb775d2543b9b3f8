# shellcheck shell=bash
# framegate-fleet with what it stands on, in a place of its own: it runs on another machine than gateways do.

readonly FLEET_PYTHON=$CACHE/fleet/bin/python

fleet_ready() {
	fresh "$CACHE/fleet" fleet/requirements.txt fleet/install.sh && [[ -x $FLEET_PYTHON ]]
}

# Made in place: it cannot move.
fleet_get() {
	rm -rf "$CACHE/fleet"
	fleet/install.sh "$CACHE/fleet"
	sha256sum fleet/requirements.txt fleet/install.sh | cut -d' ' -f1 >"$CACHE/fleet/.lock"
}

setup_fleet() {
	fleet_ready && return
	steps_begin 1 "$CACHE/setup-fleet.log"
	step "framegate-fleet, by hash" fleet_get
}
