# Runs a throw-away PostgreSQL cluster for as long as standard input stays open.
# The test binary holds the other end, so the cluster goes when the binary goes,
# however it ends: by returning, a panic, go test's timeout or kill -9.
#
# Arguments: the directory of PostgreSQL's programs, and an empty directory for
# the cluster, which is removed in the end.
bin=$1 dir=$2
trap '' HUP INT TERM
trap 'rm -rf "$dir"' EXIT

# Names sort as people expect on most production servers, so that a query which
# needs SQLite's order of bytes has to ask for it. Before version 15, and where
# PostgreSQL was built without ICU, there is only the order of code points.
initialise() {
	"$bin/initdb" --pgdata="$dir/data" --username=herald --auth=trust --encoding=UTF8 \
		--locale=C.UTF-8 --no-sync "$@" >>"$dir/log" 2>&1
}

start() {
	initialise --locale-provider=icu --icu-locale=en-US || initialise || return
	# No durability, no TCP port, no files in /dev/shm, no vacuum at a moment that
	# would change a query plan, and a time zone that shows where UTC was forgotten.
	cat >>"$dir/data/postgresql.conf" <<-END
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		autovacuum = off
		shared_buffers = 64MB
		max_connections = 200
		dynamic_shared_memory_type = mmap
		listen_addresses = ''
		unix_socket_directories = '$dir'
		timezone = 'Asia/Kathmandu'
	END
	"$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/log" --wait --timeout=60 start >>"$dir/log" 2>&1
}

if ! start; then
	cat "$dir/log"
	exit 1
fi
echo ready
cat >/dev/null
"$bin/pg_ctl" --pgdata="$dir/data" --mode=immediate --wait stop >/dev/null 2>&1
