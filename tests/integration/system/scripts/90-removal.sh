# The package leaves nothing behind, and installs into a running system.
. /ci/scripts/lib
dpkg --remove ext4safety
[[ ! -e /usr/libexec/fuse4fs && ! -e /usr/bin/fuse4fs && ! -e /usr/sbin/mount.fuse4fs ]] || fail "files stay: $(ls -R /usr/libexec/fuse4fs)"
[[ -z $(ls /run/filesystems 2>/dev/null) ]] || fail "sockets stay: $(ls /run/filesystems)"
! systemctl is-active --quiet fuse4fs.socket

dpkg --install /ci/payload/ext4safety.deb
systemctl is-active --quiet fuse4fs.socket
mkdir -p /mnt/again
mount -t fuse4fs /ci/payload/volumes/ext4.img /mnt/again
expect_tree /mnt/again
umount /mnt/again
dpkg --purge ext4safety
[[ -z $(find /etc/systemd /var/lib/systemd -name '*fuse4fs*') ]] || fail "$(find /etc/systemd /var/lib/systemd -name '*fuse4fs*')"
