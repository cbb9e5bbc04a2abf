# What stands around a running server: systemd's wall and its own.
. /ci/scripts/lib
mkdir -p /mnt/walls
eventually 10 no_servers
mount -t fuse4fs /ci/payload/volumes/ext4.img /mnt/walls
server=$(process_of "$(servers)")
[[ $(status "$server" Seccomp) -eq 2 ]] || fail "seccomp: $(status "$server" Seccomp)"
[[ $(status "$server" NoNewPrivs) -eq 1 ]] || fail "new privileges: $(status "$server" NoNewPrivs)"
[[ $(status "$server" CapBnd) == 0000000000000000 ]] || fail "capabilities: $(status "$server" CapBnd)"
[[ $(status "$server" Uid | cut --fields=1) -ge 61184 ]] || fail "the server runs as $(status "$server" Uid)"
says_contained() {
    journalctl --quiet --no-pager --unit "$(servers)" | grep --quiet 'event=contained'
}
eventually 5 says_contained || fail "the server did not lock itself down"
files=$(cd "/proc/$server/root" && find . -xdev -type f)
[[ $files == ./fuse4fs ]] || fail "in its root: $files"
for thread in /proc/"$server"/task/*; do
    grep -q '^Seccomp:[[:space:]]*2' "$thread/status" || fail "a thread without filter: $thread"
done
# What it holds: the mount's device, the volume, pressure files, its log; no socket to the helper.
for descriptor in /proc/"$server"/fd/*; do
    target=$(readlink "$descriptor")
    echo "$target"
    case $target in
        /dev/null | /dev/urandom | /dev/fuse | pipe:* | /ci/payload/volumes/ext4.img | *.pressure | */pressure/* | socket:* | anon_inode:* | /memfd:*) ;;
        *) fail "the server holds $target" ;;
    esac
done
umount /mnt/walls
eventually 10 no_servers || fail "still there: $(servers)"
