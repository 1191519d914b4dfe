#!/bin/sh
# 受信: BRANCH. The branch's file must be there and no longer grow; hands on its name and rows.
set -eu
branch=$1
file=in/$branch.csv
if [ ! -f "$file" ]; then
  echo "$PWD/$file: not there / ファイルがありません" >&2
  exit 1
fi
size=$(wc -c <"$file")
sleep 1
if [ "$(wc -c <"$file")" != "$size" ]; then
  echo "$PWD/$file: still growing, try again later / 転送中です" >&2
  exit 1
fi
rows=$(awk 'NR > 1 && NF { rows++ } END { print rows + 0 }' "$file")
printf 'file=%s\nrows=%s\n' "$file" "$rows" >>"$DANDORI_OUTPUT"
echo "$file: $rows rows received / $rows 件を受信しました"
