#!/usr/bin/env bash
# A Docker engine for the time of a CI run, on a machine that has none and where we are root.
#   engine.sh start FOLDER    install and start one, in bounded time; fails, saying why, where that is not possible
#   engine.sh stop FOLDER     stop the one that was started, and no other
set -euo pipefail

install_seconds=120
start_seconds=30
packages=(docker.io iptables debootstrap)

answers() { timeout 20 docker info --format '{{.ServerVersion}}' 2>/dev/null | grep -q .; }

give_up() {
    echo "no Docker engine: $1" >&2
    exit 1
}

install() {
    [ "$(id -u)" = 0 ] || give_up "only root can install one"
    command -v apt-get >/dev/null || give_up "there is no apt-get to install one"
    export DEBIAN_FRONTEND=noninteractive
    local get=(timeout "$install_seconds" apt-get -qq -o DPkg::Lock::Timeout=60)
    "${get[@]}" install -y --no-install-recommends "${packages[@]}" >"$1/apt.log" 2>&1 ||
        { "${get[@]}" update && "${get[@]}" install -y --no-install-recommends "${packages[@]}"; } >>"$1/apt.log" 2>&1 ||
        give_up "it could not be installed: $(tail -1 "$1/apt.log")"
}

start() {
    if answers; then return; fi
    if ! command -v dockerd >/dev/null || ! command -v debootstrap >/dev/null; then
        install "$1"
        # Where services are managed, the package has started it.
        if answers; then
            touch "$1/service"
            return
        fi
    fi
    setsid dockerd --pidfile "$1/dockerd.pid" >"$1/dockerd.log" 2>&1 </dev/null &
    echo "$!" >"$1/started"
    for _ in $(seq "$start_seconds"); do
        if answers; then return; fi
        kill -0 "$(cat "$1/started")" 2>/dev/null || break
        sleep 1
    done
    stop "$1"
    give_up "it does not start: $(tail -1 "$1/dockerd.log")"
}

stop() {
    if [ -e "$1/service" ]; then service docker stop >/dev/null; fi
    if [ ! -e "$1/started" ]; then return; fi
    local pid
    pid="$(cat "$1/started")"
    rm "$1/started"
    kill "$pid" 2>/dev/null || return 0
    for _ in $(seq "$start_seconds"); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 1
    done
    kill -KILL "$pid"
}

case "${1:-} ${2:+folder}" in
"start folder") start "$2" ;;
"stop folder") stop "$2" ;;
*)
    echo "usage: engine.sh start|stop FOLDER" >&2
    exit 2
    ;;
esac
