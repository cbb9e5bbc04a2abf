# What fstab names is mounted when the system is up, through the sandboxed service.
. /ci/scripts/lib
[[ $(mounted /mnt/plain) == fuse* ]] || fail "/mnt/plain: '$(mounted /mnt/plain)'"
eventually 20 test -n "$(mounted /mnt/relaxed)" || fail "/mnt/relaxed is not mounted"
expect_tree /mnt/plain
expect_tree /mnt/relaxed
[[ -z $(mounted /mnt/missing) ]]
two_servers() {
    [[ $(servers | wc -l) -eq 2 ]]
}
# The one that refused waits for a moment, so that the journal knows whose lines it has.
eventually 10 two_servers || fail "servers: $(servers)"

umount /mnt/plain /mnt/relaxed
eventually 10 no_servers || fail "still there: $(servers)"
