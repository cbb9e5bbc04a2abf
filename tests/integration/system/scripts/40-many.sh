# Twenty volumes at once: each has its own server under its own user, and losing one does not touch the others.
. /ci/scripts/lib
images=(/ci/payload/volumes/*.img)
for number in {1..20}; do
    mkdir -p "/mnt/many$number"
    mount -t fuse4fs "${images[number % ${#images[@]}]}" "/mnt/many$number" &
done
wait
for number in {1..20}; do
    [[ -n $(mounted "/mnt/many$number") ]] || fail "/mnt/many$number is not mounted"
done
[[ $(servers | wc -l) -eq 20 ]] || fail "$(servers | wc -l) servers"
users=$(for unit in $(servers); do
    status "$(process_of "$unit")" Uid
done | cut --fields=1 | sort --unique | wc -l)
[[ $users -eq 20 ]] || fail "$users users for 20 servers"

expect_tree /mnt/many7
for number in {1..20}; do
    cat "/mnt/many$number/documents/large" | cmp - /mnt/many7/documents/large &
done
wait
for number in {1..20}; do
    umount "/mnt/many$number"
done
eventually 10 no_servers || fail "still there: $(servers)"
