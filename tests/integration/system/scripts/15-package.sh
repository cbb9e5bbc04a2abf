# The package is installed, its sockets listen, and nothing in what it says to systemd is wrong.
. /ci/scripts/lib
systemctl is-active --quiet fuse4fs.socket || fail "$(systemctl status --no-pager fuse4fs.socket)"
for type in fuse4fs ext2 ext3 ext4; do
    [[ -S /run/filesystems/$type ]] || fail "nobody listens for $type"
done
faults=$(systemd-analyze verify --man=no /usr/lib/systemd/system/fuse4fs.socket 2>&1) || fail "$faults"
[[ -z $faults ]] || fail "$faults"
cycles=$(journalctl --boot --quiet --grep="ordering cycle|nknown key" || true)
[[ -z $cycles ]] || fail "$cycles"
exposure=$(systemd-analyze security --no-pager fuse4fs@.service | sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p')
[[ $(awk -v level="$exposure" 'BEGIN { print level <= 0.2 }') -eq 1 ]] || fail "exposure $exposure"
echo "exposure $exposure"
