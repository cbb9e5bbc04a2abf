# Root mounts every volume through the service: the tree is the one that was put in, and nothing is left afterwards.
. /ci/scripts/lib
mkdir -p /mnt/root
for image in /ci/payload/volumes/*.img; do
    mount -t fuse4fs "$image" /mnt/root || fail "mount $image"
    [[ $(mounted /mnt/root) == fuse* ]] || fail "$image: $(mounted /mnt/root)"
    [[ $(servers | wc -l) -ge 1 ]] || fail "$image: no unit serves it"
    expect_tree /mnt/root
    [[ $(findmnt --noheadings --output OPTIONS --mountpoint /mnt/root) == *nosuid*nodev* ]] || fail "$image: suid or dev"
    umount /mnt/root
done
eventually 10 no_servers || fail "still there: $(servers)"
