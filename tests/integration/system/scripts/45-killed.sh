# A server that is killed in the middle of reads leaves a dead mount, never a hanging reader; the next mount works.
. /ci/scripts/lib
mkdir -p /mnt/killed
mount -t fuse4fs /ci/payload/volumes/ext4.img /mnt/killed
server=$(process_of "$(servers)")
(while cat /mnt/killed/documents/large >/dev/null; do echo 1 >/proc/sys/vm/drop_caches 2>/dev/null || true; done) 2>/tmp/reader &
reader=$!
sleep 0.5
kill -KILL "$server"
ends "$reader" || fail "the reader hangs"
ls /mnt/killed 2>/tmp/said && fail "a mount without server lists its root"
grep -q 'not connected\|Input/output error' /tmp/said || fail "$(cat /tmp/said)"
umount /mnt/killed
eventually 10 no_servers || fail "still there: $(servers)"
mount -t fuse4fs /ci/payload/volumes/ext4.img /mnt/killed
expect_tree /mnt/killed
umount /mnt/killed
