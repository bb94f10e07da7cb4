#!/usr/bin/env bash
# `make test-systemd`: boots a bare Debian 12 in a container and carries out test-inside.sh there, with two packages that
# differ in their version. Needs root, and the packages debootstrap and systemd-container, which it installs. The Debian is
# kept in .build/test-systemd for the next time; what a run changes in it is not.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.build/test-systemd
debian=$work/debian
[ "$(id -u)" = 0 ] || { echo 'this needs root' >&2; exit 77; }

missing=$(for package in debootstrap systemd-container; do
    dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q 'ok installed' || echo $package; done)
# shellcheck disable=SC2086  # One word for each package.
[ -z "$missing" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null; }

if [ ! -e "$debian/etc/debian_version" ]; then
    echo "making a Debian 12 in $debian"
    rm -rf "$work/new" && mkdir -p "$work"
    debootstrap --variant=minbase --include=systemd-sysv,dbus,libpam-systemd,dbus-user-session bookworm "$work/new" \
        >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
    mv "$work/new" "$debian"
fi

rm -rf "$work/share" && mkdir -p "$work/share"
version=$(.build/release/jobd --version | cut -d' ' -f2)
install "$(packaging/build-deb "$version")" "$work/share/jobd.deb"
install "$(packaging/build-deb "$version+next")" "$work/share/jobd-next.deb"
install systemd/test-inside.sh docs/webhook.sh "$work/share/"

# Where no systemd runs there may be the older kind of control groups: the container gets a tree of the newer kind.
(
    options=(--quiet --console=pipe --boot --volatile=overlay --directory="$debian" --bind-ro="$work/share:/test")
    [ -d /run/systemd/system ] || options+=(--register=no --keep-unit)
    export options_text="${options[*]}"
    exec timeout -k 10 1200 unshare --mount bash -c '
        if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
            umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
        fi
        exec systemd-nspawn $options_text' </dev/null >"$work/console.log" 2>&1
) &
container=$!

# The container's first process is the grandchild: timeout, systemd-nspawn (which unshare has become), systemd.
leader() { pgrep -P "$(pgrep -P $container -x systemd-nspawn)" -x systemd 2>/dev/null; }
until pid=$(leader); do
    kill -0 $container 2>/dev/null || { cat "$work/console.log" >&2; exit 1; }
    sleep 0.2
done
inside() { nsenter --target "$pid" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
stop() {
    inside systemctl poweroff >/dev/null 2>&1 || true
    wait $container || true
}
trap stop EXIT
until inside systemctl is-system-running --wait 2>/dev/null | grep -qE 'running|degraded'; do sleep 0.5; done
inside bash /test/test-inside.sh
