# A server that was taken over tries to get out of the service: this says how each attempt ended. It holds the volume for writing.
. /ci/scripts/lib
eventually 10 no_servers
mkdir -p /mnt/escape
server=/usr/libexec/fuse4fs/fuse4fs
cp --preserve $server /tmp/fuse4fs
trap 'install /tmp/fuse4fs $server' EXIT
install /ci/payload/escape $server
cp --sparse=always /ci/payload/volumes/ext4.img /tmp/escape.img

journalctl --sync
cursor=$(journalctl --quiet --no-pager --lines=0 --show-cursor | sed -n 's/^-- cursor: //p')
# mount(8) would keep the words for the test to itself.
skipped=0
! in_guest || skipped=4
bash /ci/payload/escape-run "journalctl --sync; journalctl --quiet --no-pager --output=cat --after-cursor='$cursor'" "$skipped" rw \
    fuse4fs-mount /tmp/escape.img /mnt/escape -o
cmp /tmp/escape.img /ci/payload/volumes/ext4.img
[[ -z $(mounted /mnt/escape) ]]
