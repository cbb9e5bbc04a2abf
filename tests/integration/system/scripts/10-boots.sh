# The system is a real one: systemd is its first program, and nothing of it failed.
[[ $(cat /proc/1/comm) == systemd ]]
[[ -c /dev/fuse ]]
failed=$(systemctl --failed --no-legend --plain)
[[ -z $failed ]] || { echo "failed units: $failed"; exit 1; }
