# A user mounts in a user namespace of their own, on a directory of their own.
. /ci/scripts/lib
useradd --create-home someone 2>/dev/null || true
install -o someone -d /home/someone/mnt
for name in ext2 ext4 casefold; do
    cp --sparse=always "/ci/payload/volumes/$name.img" /home/someone/volume.img
    chown someone /home/someone/volume.img
    # Owners other than the user are strangers in the namespace: names, types, sizes and what may be read is what counts.
    runuser -u someone -- unshare --user --map-root-user --mount bash -c '
        set -e
        mount -t fuse4fs /home/someone/volume.img /home/someone/mnt
        cat /home/someone/mnt/documents/hello
        [[ $(ls /home/someone/mnt/many | wc -l) -eq 150 ]]
        [[ $(findmnt --noheadings --output OPTIONS --mountpoint /home/someone/mnt) == *nosuid*nodev* ]]
        umount /home/someone/mnt' || fail "a user cannot mount $name"
done

# What the user may not read, the service does not read for them.
cp --sparse=always /ci/payload/volumes/ext4.img /home/someone/foreign.img
chown root:root /home/someone/foreign.img
chmod 600 /home/someone/foreign.img
if runuser -u someone -- unshare --user --map-root-user --mount mount -t fuse4fs /home/someone/foreign.img /home/someone/mnt 2>/tmp/said; then
    fail "a user mounted a file that they may not read"
fi
cat /tmp/said
eventually 10 no_servers || fail "still there: $(servers)"
