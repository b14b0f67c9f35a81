#!/bin/sh
# Installs k3s as a systemd service.
#
#   sh install.sh [server|agent] [flags for k3s]
#
# Settings come from the environment:
#   K3S_*                       kept for the service; K3S_URL without a command means "agent"
#   INSTALL_K3S_EXEC            command and flags, placed before the script's own arguments
#   INSTALL_K3S_VERSION         release to install; otherwise the newest of INSTALL_K3S_CHANNEL (stable)
#   INSTALL_K3S_CHANNEL_URL     where channels are looked up
#   INSTALL_K3S_SKIP_DOWNLOAD   true: the executable is already in place
#   INSTALL_K3S_SKIP_ENABLE     true: neither enable nor start
#   INSTALL_K3S_SKIP_START      true: do not start
#   INSTALL_K3S_FORCE_RESTART   true: restart even if nothing changed
#   INSTALL_K3S_BIN_DIR         /usr/local/bin
#   INSTALL_K3S_SYSTEMD_DIR     /etc/systemd/system
#   INSTALL_K3S_NAME            the service is called k3s-NAME
#   INSTALL_K3S_TYPE            systemd's service type, notify
#   INSTALL_K3S_SYMLINK         skip, force, or only where no such command exists
set -eu
set -o noglob

releases=${GITHUB_URL:-https://github.com/k3s-io/k3s/releases}

info() { echo '[INFO] ' "$@"; }
warn() { echo '[WARN] ' "$@" >&2; }
fatal() { echo '[ERROR] ' "$@" >&2; exit 1; }

# one argument, quoted so that both sh and systemd read it back unchanged
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# --- what is to run -------------------------------------------------------------------------------------------------

choose_command() {
    case "${1:-}" in
        -* | '')
            if [ -z "${K3S_URL:-}" ]; then
                command=server
            elif [ -z "${K3S_TOKEN:-}" ] && [ -z "${K3S_TOKEN_FILE:-}" ]; then
                fatal "Defaulted k3s exec command to 'agent' because K3S_URL is defined, but K3S_TOKEN or" \
                    "K3S_TOKEN_FILE is not defined."
            else
                command=agent
            fi
            ;;
        *)
            command=$1
            shift
            ;;
    esac
    case "${K3S_URL:-}" in
        '' | https://*) ;;
        *) fatal "Only https:// URLs are supported for K3S_URL (have $K3S_URL)" ;;
    esac
    exec_lines=$command
    for argument in "$@"; do
        exec_lines="$exec_lines \\
	$(quoted "$argument")"
    done
}

choose_places() {
    if [ -n "${INSTALL_K3S_NAME:-}" ]; then
        unit=k3s-$INSTALL_K3S_NAME
    elif [ "$command" = server ]; then
        unit=k3s
    else
        unit=k3s-$command
    fi
    case "$unit" in
        *[!A-Za-z0-9:.@-]*) fatal "Invalid characters for system name: $unit" ;;
    esac
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || fatal 'Can not find sudo, run as root'
        sudo=sudo
        $sudo true || fatal 'sudo is not permitted'
    fi
    bin_dir=${INSTALL_K3S_BIN_DIR:-/usr/local/bin}
    systemd_dir=${INSTALL_K3S_SYSTEMD_DIR:-/etc/systemd/system}
    unit_file=$systemd_dir/$unit.service
    env_file=$systemd_dir/$unit.service.env
    uninstaller=$bin_dir/$unit-uninstall.sh
    killer=$bin_dir/k3s-killall.sh
    before=$(installed_hashes)
}

installed_hashes() { $sudo sha256sum "$bin_dir/k3s" "$unit_file" "$env_file" 2>&1 || true; }

# --- the executable -------------------------------------------------------------------------------------------------

fetch() { # URL FILE
    if [ "$downloader" = curl ]; then
        curl -sfL -o "$2" "$1" || fatal 'Download failed'
    else
        wget -qO "$2" "$1" || fatal 'Download failed'
    fi
}

find_release() {
    if [ -n "${INSTALL_K3S_VERSION:-}" ]; then
        version=$INSTALL_K3S_VERSION
    else
        channel=${INSTALL_K3S_CHANNEL:-stable}
        info "Finding release for channel $channel"
        url=${INSTALL_K3S_CHANNEL_URL:-https://update.k3s.io/v1-release/channels}/$channel
        if [ "$downloader" = curl ]; then
            final=$(curl -sSL -o /dev/null -w '%{url_effective}' "$url") || fatal 'Download failed'
        else
            final=$(wget -SqO /dev/null "$url" 2>&1 | sed -n 's/.*[Ll]ocation: *//p' | tail -n 1)
        fi
        version=$(printf '%s' "${final##*/}" | sed 's/%2[Bb]/+/g')
    fi
    info "Using $version as release"
}

download() {
    case "${ARCH:-$(uname -m)}" in
        amd64 | x86_64) arch=amd64 suffix= ;;
        arm64 | aarch64) arch=arm64 suffix=-arm64 ;;
        arm*) arch=arm suffix=-armhf ;;
        *) fatal "Unsupported architecture ${ARCH:-$(uname -m)}" ;;
    esac
    if command -v curl >/dev/null 2>&1; then
        downloader=curl
    elif command -v wget >/dev/null 2>&1; then
        downloader=wget
    else
        fatal 'Can not find curl or wget for downloading files'
    fi
    scratch=$(mktemp -d -t k3s-install.XXXXXXXXXX)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT
    find_release
    base=$releases/download/$(printf '%s' "$version" | sed 's/+/%2B/g')

    info "Downloading hash $base/sha256sum-$arch.txt"
    fetch "$base/sha256sum-$arch.txt" "$scratch/hash"
    expected=$(sed -n "s/^\([0-9a-f]*\) *k3s$suffix\$/\1/p" "$scratch/hash")
    if [ -x "$bin_dir/k3s" ] && [ "$(sum_of "$bin_dir/k3s")" = "$expected" ]; then
        info 'Skipping binary downloaded, installed k3s matches hash'
        return
    fi

    info "Downloading binary $base/k3s$suffix"
    fetch "$base/k3s$suffix" "$scratch/k3s"
    info 'Verifying binary download'
    found=$(sum_of "$scratch/k3s")
    [ "$found" = "$expected" ] || fatal "Download sha256 does not match $expected, got $found"
    info "Installing k3s to $bin_dir/k3s"
    chmod 755 "$scratch/k3s"
    $sudo chown root:root "$scratch/k3s"
    $sudo mv -f "$scratch/k3s" "$bin_dir/k3s"
}

sum_of() { sha256sum "$1" | cut -d ' ' -f 1; }

provide_executable() {
    case "${INSTALL_K3S_SKIP_DOWNLOAD:-}" in
        true | binary)
            info 'Skipping k3s download and verify'
            [ -x "$bin_dir/k3s" ] || fatal "Executable k3s binary not found at $bin_dir/k3s"
            ;;
        *) download ;;
    esac
    info 'Skipping installation of SELinux RPM'
}

link_tools() {
    [ "${INSTALL_K3S_SYMLINK:-}" != skip ] || return 0
    for tool in kubectl crictl ctr; do
        if [ "${INSTALL_K3S_SYMLINK:-}" != force ]; then
            if [ -e "$bin_dir/$tool" ]; then
                info "Skipping $bin_dir/$tool symlink to k3s, already exists"
                continue
            fi
            other=$(command -v "$tool" 2>/dev/null || true)
            if [ -n "$other" ]; then
                info "Skipping $bin_dir/$tool symlink to k3s, command exists in PATH at $other"
                continue
            fi
        fi
        info "Creating $bin_dir/$tool symlink to k3s"
        $sudo ln -sf k3s "$bin_dir/$tool"
    done
}

# --- the way back ---------------------------------------------------------------------------------------------------

write_killall() {
    info "Creating killall script $killer"
    $sudo tee "$killer" >/dev/null <<'SCRIPT'
#!/bin/sh
# Stops everything k3s started on this machine and takes its network apart.
[ "$(id -u)" -eq 0 ] || exec sudo --preserve-env=K3S_DATA_DIR "$0" "$@"
data_dir=${K3S_DATA_DIR:-/var/lib/rancher/k3s}
set -x

for unit in /etc/systemd/system/k3s*.service; do
    [ ! -s "$unit" ] || systemctl stop "$(basename "$unit")"
done

for process in /proc/[0-9]*; do
    case "$(readlink "$process/exe" 2>/dev/null)" in
        "$data_dir"/data/*/bin/containerd-shim*) kill -9 "${process#/proc/}" ;;
    esac
done

for below in /run/k3s /var/lib/kubelet/pods /var/lib/kubelet/plugins /run/netns/cni-; do
    grep -o " $below[^ ]*" /proc/self/mounts | sort -r | while read -r path; do
        umount -f "$path" && rm -rf "$path"
    done
done

for link in cni0 flannel.1 flannel-v6.1 kube-ipvs0 flannel-wg flannel-wg-v6; do
    ! ip link show "$link" >/dev/null 2>&1 || ip link delete "$link"
done
rm -rf /var/lib/cni/
for tables in iptables ip6tables; do
    command -v "$tables-save" >/dev/null 2>&1 || continue
    "$tables-save" | grep -v -e KUBE- -e CNI- | grep -iv flannel | "$tables-restore"
done
exit 0
SCRIPT
    $sudo chown root:root "$killer"
    $sudo chmod 755 "$killer"
}

write_uninstall() {
    info "Creating uninstall script $uninstaller"
    $sudo tee "$uninstaller" >/dev/null <<SCRIPT
#!/bin/sh
# Removes k3s, its configuration and all its data from this machine.
[ "\$(id -u)" -eq 0 ] || exec sudo --preserve-env=K3S_DATA_DIR "\$0" "\$@"
set -x
data_dir=\${K3S_DATA_DIR:-/var/lib/rancher/k3s}

$killer
systemctl disable $unit
systemctl reset-failed $unit
rm -f $unit_file $env_file
systemctl daemon-reload
trap 'rm -f $uninstaller' EXIT

if ls $systemd_dir/k3s*.service >/dev/null 2>&1; then
    echo 'Additional k3s services installed, skipping uninstall of k3s'
    exit
fi

for tool in kubectl crictl ctr; do
    [ ! -L "$bin_dir/\$tool" ] || rm -f "$bin_dir/\$tool"
done
rm -rf /etc/rancher/k3s /run/k3s /run/flannel "\$data_dir" /var/lib/kubelet
rm -f $bin_dir/k3s $killer
SCRIPT
    $sudo chown root:root "$uninstaller"
    $sudo chmod 755 "$uninstaller"
}

# --- the service ----------------------------------------------------------------------------------------------------

write_environment() {
    info "env: Creating environment file $env_file"
    $sudo touch "$env_file"
    $sudo chmod 0600 "$env_file"
    # `export` quotes values the way systemd's environment files are quoted
    export -p | sed -n \
        -e 's/^export \(\(K3S\|CONTAINERD\)_[A-Za-z0-9_]*=.*\)$/\1/p' \
        -e 's/^export \(\([Nn][Oo]\|[Hh][Tt][Tt][Pp]\|[Hh][Tt][Tt][Pp][Ss]\)_[Pp][Rr][Oo][Xx][Yy]=.*\)$/\1/p' \
        | $sudo tee "$env_file" >/dev/null
}

write_unit() {
    info "systemd: Creating service file $unit_file"
    $sudo tee "$unit_file" >/dev/null <<UNIT
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=${INSTALL_K3S_TYPE:-notify}
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-$env_file
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$bin_dir/k3s \\
    $exec_lines

UNIT
}

enable_and_start() {
    if ! grep -qsw memory /sys/fs/cgroup/cgroup.controllers &&
        [ "$(awk '$1 == "memory" { print $4 }' /proc/cgroups 2>/dev/null)" != 1 ]; then
        info 'Failed to find memory cgroup, you may need to add "cgroup_memory=1 cgroup_enable=memory" to your' \
            'linux cmdline (/boot/cmdline.txt on a Raspberry Pi)'
    fi
    [ "${INSTALL_K3S_SKIP_ENABLE:-}" != true ] || return 0
    info "systemd: Enabling $unit unit"
    $sudo systemctl enable "$unit_file" >/dev/null
    $sudo systemctl daemon-reload >/dev/null
    [ "${INSTALL_K3S_SKIP_START:-}" != true ] || return 0
    if [ "$before" = "$(installed_hashes)" ] && [ "${INSTALL_K3S_FORCE_RESTART:-}" != true ]; then
        info 'No change detected so skipping service start'
        return 0
    fi
    info "systemd: Starting $unit"
    $sudo systemctl restart "$unit"
}

# INSTALL_K3S_EXEC is split at blanks, quotes and all, as a shell would
eval "set -- $(printf '%s' "${INSTALL_K3S_EXEC:-}" | sed 's/[][!#$%&()*;<>?\\`{|}]/\\&/g') $(
    for argument in "$@"; do quoted "$argument"; printf ' '; done
)"
command -v systemctl >/dev/null 2>&1 ||
    fatal 'Can not find systemd or openrc to use as a process supervisor for k3s'
choose_command "$@"
choose_places
provide_executable
link_tools
write_killall
write_uninstall
$sudo systemctl disable "$unit" >/dev/null 2>&1 || true
$sudo rm -f "$unit_file" "$env_file"
write_environment
write_unit
enable_and_start
