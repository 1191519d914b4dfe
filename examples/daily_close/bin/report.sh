#!/bin/sh
# 日報作成: the report of the day in out/.
set -eu
: "${BUSINESS_DAY:?the day to close, YYYY-MM-DD}"
file=out/report_$BUSINESS_DAY.txt
{
  echo "日報 $BUSINESS_DAY"
  sqlite3 -batch -separator ' ' out/sales.db \
    "SELECT branch, orders, yen FROM totals WHERE business_day = '$BUSINESS_DAY' ORDER BY yen DESC" |
    awk '{ printf "  %-8s %4d 件 %10d 円\n", $1, $2, $3 }'
  echo "合計 $TOTAL_ROWS 件 $TOTAL_YEN 円"
} >"$file.new"
mv "$file.new" "$file"
cat "$file"
echo "written to $PWD/$file"
echo "file=$PWD/$file" >>"$DANDORI_OUTPUT"
