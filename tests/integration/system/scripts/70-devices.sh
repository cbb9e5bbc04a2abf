# A block device is mounted as one, and the kernel's own driver shows the same.
. /ci/scripts/lib
in_guest || { echo "only the guest has block devices of its own"; exit 0; }
mkdir -p /mnt/ours /mnt/kernel
for name in ext4 bigalloc casefold ext2; do
    device=$(losetup --find --show --read-only "/ci/payload/volumes/$name.img")
    mount -t fuse4fs "$device" /mnt/ours
    picture /mnt/ours >/tmp/ours
    umount /mnt/ours
    eventually 10 mount -t ext4 -o ro "$device" /mnt/kernel
    picture /mnt/kernel | diff /tmp/ours - || fail "$name differs from the kernel's view"
    umount /mnt/kernel
    losetup --detach "$device"
done
