# A line of fstab with x-systemd.automount: the volume is mounted when somebody looks, and can be unmounted and looked at again.
. /ci/scripts/lib
[[ -c /dev/autofs ]] || { echo "this kernel has no autofs"; exit 0; }
eventually 10 no_servers
on_demand() {
    findmnt --noheadings --output FSTYPE --mountpoint /mnt/ondemand | tail -n 1
}
systemctl is-active --quiet mnt-ondemand.automount || fail "$(systemctl status --no-pager mnt-ondemand.automount)"
for look in first second; do
    [[ $(on_demand) == autofs ]] || fail "before the $look look: $(on_demand)"
    expect_tree /mnt/ondemand
    [[ $(on_demand) == fuse* ]] || fail "after the $look look: $(on_demand)"
    [[ $(servers | wc -l) -eq 1 ]] || fail "servers: $(servers)"
    umount /mnt/ondemand
    eventually 10 no_servers || fail "still there: $(servers)"
done
systemctl stop mnt-ondemand.automount
[[ -z $(on_demand) ]] || fail "still there: $(on_demand)"
