#!/bin/sh
# チェック: BRANCH FILE. Every line must be order_no,item,quantity,price; names each line that is not.
set -eu
branch=$1
file=$2
sleep 1
awk -F, -v file="$PWD/$file" -v output="$DANDORI_OUTPUT" -v run="${DANDORI_RUN_ID:-RUN}" '
  function wrong(english, japanese) {
    bad++
    printf "%s: line %d: %s / %s\n", file, NR, english, japanese
    printf "  found / 内容: %s\n", $0
  }
  { sub(/\r$/, "") }
  NR == 1 {
    if ($0 != "order_no,item,quantity,price") wrong("the header is not order_no,item,quantity,price", "見出しが違います")
    next
  }
  $0 == "" { next }
  NF != 4 { wrong(NF " fields instead of 4", "項目が 4 つではありません"); next }
  $3 !~ /^[0-9]+$/ { wrong("quantity \"" $3 "\" is not a number", "数量が数値ではありません"); next }
  $4 !~ /^[0-9]+$/ { wrong("price \"" $4 "\" is not a number", "単価が数値ではありません"); next }
  seen[$1]++ { wrong("order " $1 " comes twice", "注文番号が重複しています"); next }
  { rows++ }
  END {
    if (bad) {
      print ""
      print "To mend it: open the file above, write digits only in the line named (such as 12), save, then"
      print "直し方: 上のファイルの行を数字だけ(例: 12)に直して保存し、次を実行してください"
      print "  dandori rerun " run " --from failed --wait"
      exit 2
    }
    print "rows=" rows + 0 >> output
    print file ": " rows + 0 " rows are right / " rows + 0 " 件を確認しました"
  }' "$file"
