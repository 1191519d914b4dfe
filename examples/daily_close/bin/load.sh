#!/bin/sh
# 取込: BRANCH FILE. Replaces the branch's rows of the day in one transaction: doing it twice does no harm.
set -eu
branch=$1
file=$2
: "${BUSINESS_DAY:?the day to close, YYYY-MM-DD}"
sleep 1
{
  printf '.bail on\n.timeout 10000\nBEGIN IMMEDIATE;\n'
  printf "DELETE FROM sales WHERE business_day = '%s' AND branch = '%s';\n" "$BUSINESS_DAY" "$branch"
  awk -F, -v day="$BUSINESS_DAY" -v branch="$branch" -v quote="'" '
    function text(value) { gsub(quote, quote quote, value); return quote value quote }
    { sub(/\r$/, "") }
    NR > 1 && $0 != "" {
      printf "INSERT INTO sales VALUES (%s, %s, %s, %s, %d, %d);\n", text(day), text(branch), text($1), text($2), $3, $4
    }' "$file"
  printf 'COMMIT;\n'
} | sqlite3 -batch out/sales.db
rows=$(sqlite3 -batch -cmd '.timeout 10000' out/sales.db \
  "SELECT count(*) FROM sales WHERE business_day = '$BUSINESS_DAY' AND branch = '$branch'")
echo "rows=$rows" >>"$DANDORI_OUTPUT"
echo "$branch: $rows rows loaded for $BUSINESS_DAY / $rows 件を取り込みました"
