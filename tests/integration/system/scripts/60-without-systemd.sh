# Where nothing listens, the helper starts the server itself, in a sandbox of its own making.
. /ci/scripts/lib
mkdir -p /mnt/alone
eventually 10 no_servers
systemctl stop fuse4fs.socket
mount -t fuse4fs /ci/payload/volumes/ext4.img /mnt/alone
[[ -z $(servers) ]]
expect_tree /mnt/alone
for process in /proc/[0-9]*; do
    [[ $(tr '\0' ' ' <"$process/cmdline") != "/fuse4fs "* ]] || server=${process#/proc/}
done
[[ $(status "$server" Seccomp) -eq 2 ]] || fail "the server is not locked down"
[[ $(readlink "/proc/$server/ns/net") != $(readlink /proc/self/ns/net) ]]
[[ $(readlink "/proc/$server/ns/user") != $(readlink /proc/self/ns/user) ]]
umount /mnt/alone
ends "$server" || fail "the server outlives its mount"
systemctl start fuse4fs.socket
