#!/bin/sh
# 営業日の準備: the output folder and the tables. Running it again changes nothing.
set -eu
: "${BUSINESS_DAY:?the day to close, YYYY-MM-DD}"
mkdir -p out
sqlite3 -batch out/sales.db <<'SQL'
.timeout 10000
CREATE TABLE IF NOT EXISTS sales (
  business_day TEXT NOT NULL, branch TEXT NOT NULL, order_no TEXT NOT NULL, item TEXT NOT NULL,
  quantity INTEGER NOT NULL, price INTEGER NOT NULL,
  PRIMARY KEY (business_day, branch, order_no));
CREATE TABLE IF NOT EXISTS totals (
  business_day TEXT NOT NULL, branch TEXT NOT NULL, orders INTEGER NOT NULL, yen INTEGER NOT NULL,
  PRIMARY KEY (business_day, branch));
SQL
echo "prepared $BUSINESS_DAY / ${BUSINESS_DAY} の準備ができました"
