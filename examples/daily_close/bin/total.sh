#!/bin/sh
# 集計: the day's totals of each branch, written anew.
set -eu
: "${BUSINESS_DAY:?the day to close, YYYY-MM-DD}"
sleep 1
sqlite3 -batch -bail out/sales.db >/dev/null <<SQL
.timeout 10000
BEGIN IMMEDIATE;
DELETE FROM totals WHERE business_day = '$BUSINESS_DAY';
INSERT INTO totals
  SELECT business_day, branch, count(*), sum(quantity * price) FROM sales
  WHERE business_day = '$BUSINESS_DAY' GROUP BY branch;
COMMIT;
SQL
sqlite3 -batch -separator ' ' out/sales.db \
  "SELECT sum(orders), sum(yen) FROM totals WHERE business_day = '$BUSINESS_DAY'" |
  while read -r rows yen; do
    printf 'rows=%s\nyen=%s\n' "$rows" "$yen" >>"$DANDORI_OUTPUT"
    echo "$rows orders, $yen yen / $rows 件、$yen 円"
  done
