#!/usr/bin/env bash
# Builds every target into $OUT as ClusterFuzz expects it: executables that need nothing but what lies beside them.
# The canary stays out: the service would report it each time.
set -euo pipefail

if [[ ! -e Ext4Safety.sln ]]; then
    cd "$SRC/ext4safety"
fi
# The image's flags are for sanitizers of C; managed code has none, and the launcher must not be built with them.
unset CFLAGS CXXFLAGS
ci/build-fuzz --self-contained --output "$OUT"
rm -f "$OUT"/launcher "$OUT"/canary_fuzzer*
