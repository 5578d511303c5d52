#!/bin/sh
# Grants every permission of acls.txt with Kafka's own kafka-acls.sh, which must be on the PATH. What is granted
# already stays as it is; nothing is taken away.
# Usage: apply-acls.sh --bootstrap-server HOST:PORT --command-config ADMIN.properties
set -eu

# All that a principal may do in one way goes into one call, for each starts a JVM.
calls=$(
  awk '!/^#/ && NF {
    way = "--allow-principal " $1 " --operation " $2 " --resource-pattern-type " $5
    resources[way] = resources[way] " --" $3 " " $4
  }
  END { for (way in resources) print way resources[way] }' "$(dirname "$0")/acls.txt"
)
echo "$calls" | while read -r call; do
  # shellcheck disable=SC2086  # it is several words; and it is not kafka-acls.sh that reads the calls
  kafka-acls.sh "$@" --add $call </dev/null
done
