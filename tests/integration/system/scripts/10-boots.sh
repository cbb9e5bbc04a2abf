# The system is a real one: systemd is its first program, and nothing failed but the volume that does not exist.
. /ci/scripts/lib
[[ $(cat /proc/1/comm) == systemd ]]
[[ -c /dev/fuse ]]
failed=$(systemctl --failed --no-legend --plain | cut -d' ' -f1)
[[ $failed == mnt-missing.mount ]] || fail "failed units: $failed"
