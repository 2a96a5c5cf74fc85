#!/bin/sh
# Writes the pooler's configuration from the mounted facts and secrets, and runs it.
#
# A database <shard> leads to the shard's primary, <shard>-ro to its replicas in turn (to the primary
# when there are none). Clients log in as `app`, with the first shard's password. What is written has
# passwords in it: it lies in memory, and is the pooler's alone.
set -eu
umask 077

facts=${FACTS_DIR:-/etc/palier/facts}
secrets=${SECRETS_DIR:-/etc/palier/secrets}
run=${RUN_DIR:-/run/pgbouncer}
port=${DATABASE_PORT:-5432}

refuse() {
    echo "pooler: $1" >&2
    exit 2
}

content() {
    [ -s "$1" ] || refuse "$1: missing or empty"
    cat "$1"
}

# quoted CHARACTER TEXT: the text with each such character twice, between two more of them.
quoted() {
    printf '%s%s%s' "$1" "$(printf '%s' "$2" | sed "s/$1/$1$1/g")" "$1"
}

# commas A,B: one a line, without spaces and empty ones.
commas() {
    printf '%s' "$1" | tr ',' '\n' | tr -d ' ' | sed '/^$/d'
}

shards=$(commas "${SHARDS:-}")
replicas=$(commas "${REPLICAS:-}")
[ -n "$shards" ] || refuse 'SHARDS is ""; allowed: names of shards with commas'
for name in POOL_SIZE RESERVE_POOL MAX_CLIENTS; do
    eval "value=\${$name:-}"
    case $value in
        '' | *[!0-9]*) refuse "$name is \"$value\"; allowed: a whole number" ;;
    esac
done

mkdir -p "$run"
ini=$run/pgbouncer.ini
users=$run/userlist.txt
: >"$run/ca.pem"
: >"$users"
echo '[databases]' >"$ini"

for shard in $shards; do
    password=$(content "$secrets/database-$shard")
    primary=$(content "$facts/database-$shard-host")
    [ -s "$users" ] || printf '"app" %s\n' "$(quoted '"' "$password")" >"$users"
    content "$facts/database-$shard-ca" >>"$run/ca.pem"
    echo >>"$run/ca.pem"
    hosts=
    for replica in $replicas; do
        host=$(content "$facts/database-$shard-$replica-host")
        hosts=${hosts:+$hosts,}$host
        content "$facts/database-$shard-$replica-ca" >>"$run/ca.pem"
        echo >>"$run/ca.pem"
    done
    rest="port=$port dbname=app user=app password=$(quoted "'" "$password")"
    {
        printf '%s = host=%s %s\n' "$shard" "$primary" "$rest"
        printf '%s-ro = host=%s %s\n' "$shard" "${hosts:-$primary}" "$rest"
    } >>"$ini"
done

cat >>"$ini" <<END
[pgbouncer]
listen_addr = *
listen_port = ${LISTEN_PORT:-5432}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $users
pool_mode = transaction
default_pool_size = $POOL_SIZE
reserve_pool_size = $RESERVE_POOL
reserve_pool_timeout = 1
max_client_conn = $MAX_CLIENTS
server_tls_sslmode = verify-ca
server_tls_ca_file = $run/ca.pem
server_connect_timeout = 3
server_login_retry = 1
server_lifetime = 600
query_wait_timeout = 5
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
stats_period = 300
END

# SIGINT ends at once what is idle and lets transactions finish, in every version; SIGTERM drops them
# all before 1.23, and from then on waits for clients that never leave.
pgbouncer "$ini" &
child=$!
trap 'kill -INT "$child" 2>/dev/null' TERM INT
status=0
wait "$child" || status=$?
if [ "$status" -gt 128 ] && kill -0 "$child" 2>/dev/null; then
    status=0
    wait "$child" || status=$?
fi
exit "$status"
