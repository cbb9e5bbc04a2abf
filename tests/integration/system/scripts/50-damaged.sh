# A damaged volume is mounted, or refused with the server's verdict: in what mount says, and in the journal.
. /ci/scripts/lib
mkdir -p /mnt/damaged
mounted=0 refused=0
images=(/ci/payload/damaged/*.img)
# A sample of a large collection, a small one where everything is slow.
most=40
! in_guest || most=8
step=$(((${#images[@]} + most - 1) / most))
for ((index = 0; index < ${#images[@]}; index += step)); do
    image=${images[index]}
    if timeout 30 mount -t fuse4fs "$image" /mnt/damaged 2>/tmp/said; then
        mounted=$((mounted + 1))
        listing=0
        timeout 30 find /mnt/damaged -ls 2>/tmp/damage | sed 500q >/dev/null || listing=$?
        [[ $listing -ne 124 ]] || fail "$image: a listing hangs"
        umount /mnt/damaged
    else
        refused=$((refused + 1))
        verdict=$(grep --only-matching --extended-regexp '(E[0-9]{3} [A-Za-z]+|feature)[^"]*' /tmp/said | head -n 1) ||
            fail "$image is refused without a verdict: $(cat /tmp/said)"
        eventually 5 bash -c 'journalctl --quiet --no-pager --unit "fuse4fs@*" --since "-1min" | grep --quiet --fixed-strings "$1"' - "$verdict" ||
            fail "$image: the journal does not have: $verdict"
    fi
done
echo "$mounted mounted, $refused refused"
[[ $refused -gt 0 && $mounted -gt 0 ]]
eventually 10 no_servers || fail "still there: $(servers)"
