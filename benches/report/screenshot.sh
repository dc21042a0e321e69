#!/usr/bin/env bash
# Makes docs/plots/report.png: the page of `mjpeg check --report` of a stream with faults, in Chromium.
#
# It needs chromium and imagemagick.
#
#     benches/report/screenshot.sh [MJPEG]

set -euo pipefail
cd "$(dirname "$0")/../.."
mjpeg=${1:-target/release/mjpeg}
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT

"$mjpeg" serve test:640x480 --listen 127.0.0.1:0 --fps 10 \
    --fault cut-picture@20 --fault content-length-short@45 --fault stall=1500ms@60 >"$dir/url" 2>"$dir/log" &
server=$!
until [ -s "$dir/url" ]; do sleep 0.1; done
printf 'front-door %s\n' "$(head -n 1 "$dir/url")" >"$dir/cameras.txt"
"$mjpeg" check --targets "$dir/cameras.txt" --frames 80 --duration 30s --quiet --report "$dir/report.html" || test $? -eq 1
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$dir/profile" --window-size=1000,1950 \
    --screenshot="$dir/report.png" "file://$dir/report.html" >/dev/null 2>&1
convert "$dir/report.png" -resize 80% +dither -colors 48 -strip "$dir/small.png"
mv "$dir/small.png" docs/plots/report.png
ls -l docs/plots/report.png
