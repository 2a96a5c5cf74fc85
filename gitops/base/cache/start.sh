#!/bin/sh
# Start Valkey: the first pod serves, any other follows it with a warm copy.
#
# A cache and nothing else: keys without a time to live are never evicted, those with one go first
# when memory is full. A snapshot every five minutes makes a restart warm; losing it loses nothing.
set -eu

set -- --port 6379 --bind '*' --protected-mode no --dir "${DATA_DIR:-/data}" \
    --maxmemory "$MAXMEMORY" --maxmemory-policy volatile-lru \
    --save 300 1 --appendonly no --stop-writes-on-bgsave-error no --tcp-keepalive 60
case "${POD_NAME:-valkey-0}" in
*-0) ;;
*) set -- "$@" --replicaof "${PRIMARY:-valkey}" 6379 --replica-read-only yes ;;
esac
exec valkey-server "$@"
