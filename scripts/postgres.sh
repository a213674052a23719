#!/usr/bin/env bash
# scripts/postgres.sh COMMAND [ARGUMENT…]: runs COMMAND with a PostgreSQL that is there only for COMMAND.
#
# Its URL is in CLOAKROOM_TEST_POSTGRES. `scripts/postgres.sh bash` gives a shell with that variable. If the variable is
# set already, COMMAND uses that PostgreSQL, and none is started.
#
# The new PostgreSQL keeps everything in a temporary folder and listens on 127.0.0.1 only. The script ends it and
# removes the folder when COMMAND has ended, and also if the script gets a signal. The exit status is COMMAND's.
#
# Written for bash 3.2, the version on macOS.
set -euo pipefail

if [[ $# == 0 ]]; then
    echo "usage: scripts/postgres.sh COMMAND [ARGUMENT…]" >&2
    exit 1
fi
if [[ -n ${CLOAKROOM_TEST_POSTGRES:-} ]]; then exec "$@"; fi

work=
keeper=
# PostgreSQL refuses to run as root. It needs a user then, who owns the data.
owner=
if [[ $(id -u) == 0 ]]; then
    owner=nobody
    if id postgres >/dev/null 2>&1; then owner=postgres; fi
fi

# as_owner COMMAND…: becomes COMMAND, with no other rights than the owner's. The process stays the same, so the id of a
# background job is that of PostgreSQL.
as_owner() {
    if [[ -z $owner ]]; then exec "$@"; fi
    # $( and $) are the real and the effective group, $< and $> the user.
    # shellcheck disable=SC2016 # the variables are Perl's
    exec perl -e '
        my ($uid, $gid) = (getpwnam(shift))[2, 3];
        $) = "$gid $gid";
        $( = $gid;
        ($<, $>) = ($uid, $uid);
        die "cannot become the user $uid\n" unless $< == $uid && $> == $uid;
        exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
    ' "$owner" "$@"
}

# Makes the folder. As root, TMPDIR can be a folder that the owner cannot enter. Then another is taken.
make_folder() {
    local parent
    for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        if ! work=$(cd "$parent" && mktemp -d "$PWD/cloakroom-postgres.XXXXXX"); then continue; fi
        mkdir "$work/data"
        if [[ -z $owner ]]; then return; fi
        # The owner may pass through, and owns the data only. So nobody but root can change the names in the folder.
        chmod 711 "$work"
        chown "$owner" "$work/data"
        if (as_owner test -w "$work/data"); then return; fi
        rm -rf "$work"
        work=
    done
    echo "The user $owner can write to none of the temporary folders." >&2
    exit 1
}

# The owner cannot run programs below /root, for example npm's in a project there. Then they are copied. They find their
# libraries beside themselves.
make_programs_readable() {
    if [[ -z $owner ]] || owner_can_run; then return; fi
    if [[ $programs == */native/bin ]]; then
        (umask 022 && cp -R "${programs%/bin}" "$work/native")
        programs=$work/native/bin
        if owner_can_run; then return; fi
    fi
    echo "The user $owner cannot run $programs/postgres." >&2
    exit 1
}

owner_can_run() {
    (cd / && as_owner "$programs/initdb" --version && as_owner "$programs/postgres" --version) >/dev/null 2>&1
}

# The keeper is a process beside COMMAND. It sets up and starts PostgreSQL, waits until this script closes the pipe or
# is gone, and cleans up. So that is done after `kill -9` too.
keep() {
    local log=$work/log port
    server=
    trap stop EXIT
    trap 'exit 1' HUP INT TERM
    # Without a valid locale, PostgreSQL does not start on macOS.
    export LC_ALL=C
    # The owner may be unable to enter the current folder, and then initdb complains.
    cd "$work"
    # Not SCRAM: each connection would compute 4096 hashes, and without optimisation the tests would do little else.
    (as_owner "$programs/initdb" --pgdata="$work/data" --username=postgres --pwfile="$work/password" \
        --auth=md5 --locale=C --encoding=UTF8 --no-sync) >"$log" 2>&1 || start_failed
    # A port is free if PostgreSQL can take it. The kernel gives out no ports in this range, so hardly any is taken.
    while true; do
        port=$((20000 + RANDOM % 10000))
        run_server "$port" >"$log" 2>&1 &
        server=$!
        if wait_for_server; then break; fi
        server=
        grep -q 'could not bind IPv4 address' "$log" || start_failed
    done
    # Nobody writes to the pipe. So this ends when the script does.
    read -r || true
}

# The tests' data may be lost when the machine crashes. So nothing waits for the disk (fsync, synchronous_commit,
# full_page_writes). Many tests run at once, and each has some connections.
run_server() {
    as_owner "$programs/postgres" -D "$work/data" -c listen_addresses=127.0.0.1 -c "port=$1" \
        -c unix_socket_directories= -c max_connections=500 -c shared_buffers=128MB -c fsync=off \
        -c synchronous_commit=off -c full_page_writes=off -c timezone=UTC -c log_timezone=UTC
}

wait_for_server() {
    until server_is_ready; do
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.05
    done
}

# PostgreSQL writes its port and its state to this file. Sets $port.
server_is_ready() {
    local lines
    lines=$(sed -n '4p;8p' "$work/data/postmaster.pid" 2>/dev/null) || return 1
    port=${lines%%[!0-9]*}
    [[ $lines == *ready* ]]
}

start_failed() {
    echo "PostgreSQL $version did not start:" >&2
    cat "$work/log" >&2
    exit 1
}

# SIGQUIT ends PostgreSQL at once, without saving the data.
stop() {
    trap '' HUP INT TERM
    if [[ -n $server ]] && kill -QUIT "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$work"
}

# Closes the pipe and waits for the keeper. Without a keeper, only the folder has to go.
finish() {
    local status=$?
    trap '' HUP INT TERM
    if [[ -n $keeper ]]; then
        exec 3>&-
        wait "$keeper" || true
    elif [[ -n $work ]]; then
        rm -rf "$work"
    fi
    exit "$status"
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$scripts/setup.sh" postgres </dev/null >&2
programs=$("$scripts/setup.sh" postgres-path)
version=$("$programs/postgres" --version)
version=${version#*) }

make_folder
make_programs_readable
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && echo "$password" >"$work/password")
if [[ -n $owner ]]; then chown "$owner" "$work/password"; fi

# The pipe is opened for both directions first, because opening one direction waits for the other. With job control (-m)
# the keeper and PostgreSQL are a process group of their own. So Ctrl-C at a terminal reaches COMMAND, but not them.
mkfifo "$work/pipe"
exec 3<>"$work/pipe"
set -m
keep <"$work/pipe" 3>&- >/dev/null &
keeper=$!
set +m
until server_is_ready; do
    if ! kill -0 "$keeper" 2>/dev/null; then exit 1; fi
    sleep 0.05
done
echo "PostgreSQL ${version%% *} at 127.0.0.1:$port, for the tests" >&2

export CLOAKROOM_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres"

# From here on, this process is Perl. It runs COMMAND, passes signals on to it, and goes on waiting, because COMMAND
# decides what a signal means. bash cannot do that well: it handles no signal while it waits for a command, and in the
# background a command would ignore Ctrl-C. Then Perl closes the pipe and waits for the keeper, as finish does.
# shellcheck disable=SC2016 # the variables are Perl's
exec perl -e '
    use strict;
    use warnings;
    my $keeper = shift;
    open my $pipe, "+<&=3" or die "the pipe: $!\n";
    my ($child, $early);
    $SIG{CHLD} = "DEFAULT";
    my @signals = grep { ($SIG{$_} // "") ne "IGNORE" } qw(HUP INT TERM);
    $SIG{$_} = sub { if ($child) { kill $_[0], $child } else { $early = $_[0] } } for @signals;
    $child = fork;
    die "fork: $!\n" unless defined $child;
    if (!$child) {
        $SIG{$_} = "DEFAULT" for @signals;
        close $pipe;
        no warnings "exec";
        exec { $ARGV[0] } @ARGV;
        print STDERR "$ARGV[0]: $!\n";
        exit 127;
    }
    kill $early, $child if $early;
    # A signal interrupts waitpid.
    1 until waitpid($child, 0) == $child;
    my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    $SIG{$_} = "IGNORE" for @signals;
    close $pipe;
    1 until waitpid($keeper, 0) == $keeper || !kill 0, $keeper;
    exit $status;
' -- "$keeper" "$@"
