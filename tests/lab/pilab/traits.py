"""The texts that make a Debian system look like a Raspberry Pi."""

from __future__ import annotations

FIRMWARE_SCRIPT = r"""#!/bin/sh
# Stands in for the Raspberry Pi's firmware and kernel at each boot: reads the boot
# partition and puts believable files where a tool would look for them.
set -eu
. /etc/pilab/identity    # MODEL SERIAL REVISION MAC MEMORY_CGROUP
run=/run/pilab
mkdir -p $run/device-tree

# The firmware's own arguments come first, then the first line of cmdline.txt.
{
    printf 'reboot=w coherent_pool=1M 8250.nr_uarts=1 pci=pcie_bus_safe '
    [ "$MEMORY_CGROUP" = on ] || printf 'cgroup_disable=memory '
    printf 'numa_policy=interleave smsc95xx.macaddr=%s vc_mem.mem_base=0x3fc00000 ' "$MAC"
    printf 'vc_mem.mem_size=0x40000000  '
    head -n 1 /boot/firmware/cmdline.txt
} >$run/cmdline
mount --bind $run/cmdline /proc/cmdline

# The memory controller is off unless the command line asks for it.
memory=' ' enabled=0
case " $(cat $run/cmdline) " in
*' cgroup_enable=memory '* | *' cgroup_memory=1 '*) MEMORY_CGROUP=on ;;
esac
[ "$MEMORY_CGROUP" = off ] || { memory=' memory ' enabled=1; }
echo "cpuset cpu io${memory}pids" >$run/cgroup.controllers
mount --bind $run/cgroup.controllers /sys/fs/cgroup/cgroup.controllers
{
    printf '#subsys_name\thierarchy\tnum_cgroups\tenabled\n'
    for name in cpuset cpu cpuacct blkio; do printf '%s\t0\t60\t1\n' $name; done
    printf 'memory\t0\t60\t%s\n' $enabled
    for name in devices freezer net_cls perf_event net_prio pids; do printf '%s\t0\t60\t1\n' $name; done
} >$run/cgroups
mount --bind $run/cgroups /proc/cgroups

# Who am I?
{
    for cpu in 0 1 2 3; do
        printf 'processor\t: %s\nBogoMIPS\t: 108.00\n' $cpu
        printf 'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid '
        printf 'asimdrdm lrcpc dcpop asimddp\nCPU implementer\t: 0x41\nCPU architecture: 8\n'
        printf 'CPU variant\t: 0x4\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n'
    done
    printf 'Revision\t: %s\nSerial\t\t: %s\nModel\t\t: %s\n' "$REVISION" "$SERIAL" "$MODEL"
} >$run/cpuinfo
mount --bind $run/cpuinfo /proc/cpuinfo

# /sys is a small read-only tmpfs in a container: there is room for the device tree.
printf '%s\0' "$MODEL" >$run/device-tree/model
printf '%s\0' "$SERIAL" >$run/device-tree/serial-number
printf 'raspberrypi,5-model-b\0brcm,bcm2712\0' >$run/device-tree/compatible
mount -o remount,rw /sys
mkdir -p /sys/firmware/devicetree/base
mount --bind -o ro $run/device-tree /sys/firmware/devicetree/base
mount -o remount,ro /sys
"""

FIRMWARE_UNIT = """[Unit]
Description=Stand-in for the Raspberry Pi firmware
DefaultDependencies=no
Before=sysinit.target systemd-networkd.service systemd-udevd.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/pilab/firmware

[Install]
WantedBy=sysinit.target
"""

VCGENCMD = r"""#!/bin/sh
# A stand-in for the Raspberry Pi's vcgencmd.  To fake trouble, write the answer that
# you want to /run/pilab/vcgencmd/COMMAND, for example get_throttled.
[ -r "/run/pilab/vcgencmd/${1:-}" ] && exec cat "/run/pilab/vcgencmd/$1"
case "${1:-}" in
measure_temp) echo "temp=48.3'C" ;;
get_throttled) echo "throttled=0x0" ;;
measure_volts) echo "volt=0.7200V" ;;
measure_clock) echo "frequency(0)=1500000000" ;;
version) printf '2024/09/23 13:24:41\nCopyright (c) 2012 Broadcom\nversion 26826259 (release) (embedded)\n' ;;
get_mem) echo "$2=1024M" ;;
*) echo 'error=1 error_msg="Command not registered"'; exit 255 ;;
esac
"""

# procfs has no room for new names, so /proc/device-tree cannot exist here.  Preloaded
# into every program of a Pi, this sends look-ups to the place in /sys that it is a link
# to on real hardware.  It also lets a Pi have its own opinion about whether its clock is
# synchronised, which for the kernel is one fact for the whole host.
SHIM_SOURCE = r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *real_path(const char *path, char *buffer)
{
    static const char from[] = "/proc/device-tree", to[] = "/sys/firmware/devicetree/base";
    size_t length = sizeof from - 1;
    if (!path || strncmp(path, from, length) || (path[length] && path[length] != '/'))
        return path;
    snprintf(buffer, PATH_MAX, "%s%s", to, path + length);
    return buffer;
}

#define NEXT(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define WRAP(result, name, path, parameters, arguments) \
    result name parameters { char b[PATH_MAX]; path = real_path(path, b); return NEXT(name) arguments; }
#define WRAP_OPEN(name, parameters, ...) \
    int name parameters { char b[PATH_MAX]; va_list l; va_start(l, flags); \
        mode_t mode = va_arg(l, mode_t); va_end(l); path = real_path(path, b); \
        return NEXT(name)(__VA_ARGS__); }

WRAP_OPEN(open, (const char *path, int flags, ...), path, flags, mode)
WRAP_OPEN(open64, (const char *path, int flags, ...), path, flags, mode)
WRAP_OPEN(openat, (int at, const char *path, int flags, ...), at, path, flags, mode)
WRAP_OPEN(openat64, (int at, const char *path, int flags, ...), at, path, flags, mode)
int __open_2(const char *, int);
int __open64_2(const char *, int);
WRAP(int, __open_2, path, (const char *path, int flags), (path, flags))
WRAP(int, __open64_2, path, (const char *path, int flags), (path, flags))
WRAP(FILE *, fopen, path, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fopen64, path, (const char *path, const char *mode), (path, mode))
WRAP(DIR *, opendir, path, (const char *path), (path))
WRAP(int, access, path, (const char *path, int mode), (path, mode))
WRAP(int, eaccess, path, (const char *path, int mode), (path, mode))
WRAP(int, faccessat, path, (int at, const char *path, int mode, int flags), (at, path, mode, flags))
WRAP(int, stat, path, (const char *path, struct stat *s), (path, s))
WRAP(int, lstat, path, (const char *path, struct stat *s), (path, s))
WRAP(int, stat64, path, (const char *path, struct stat64 *s), (path, s))
WRAP(int, lstat64, path, (const char *path, struct stat64 *s), (path, s))
WRAP(int, fstatat, path, (int at, const char *path, struct stat *s, int flags), (at, path, s, flags))
WRAP(int, fstatat64, path, (int at, const char *path, struct stat64 *s, int flags), (at, path, s, flags))
WRAP(int, statx, path, (int at, const char *path, int flags, unsigned mask, struct statx *s),
     (at, path, flags, mask, s))

WRAP(ssize_t, getxattr, path, (const char *path, const char *n, void *v, size_t s), (path, n, v, s))
WRAP(ssize_t, lgetxattr, path, (const char *path, const char *n, void *v, size_t s), (path, n, v, s))

int adjtimex(struct timex *t)
{
    unsigned modes = t->modes;
    int result = NEXT(adjtimex)(t); /* the container may not even ask: EPERM */
    if (modes || NEXT(access)("/etc/pilab/clock", F_OK))
        return result;
    if (result < 0)
        memset(t, 0, sizeof *t);
    int good = !NEXT(access)("/etc/pilab/clock/synchronized", F_OK);
    t->status = good ? STA_PLL : STA_UNSYNC;
    t->maxerror = t->esterror = good ? 1000 : 16000000;
    return good ? TIME_OK : TIME_ERROR;
}
"""

CMDLINE_TXT = (
    "console=serial0,115200 console=tty1 root=PARTUUID=4b1d8a2c-02 rootfstype=ext4 fsck.repair=yes rootwait\n"
)

SSH_ADVERT = """<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name replace-wildcards="yes">%h</name>
  <service>
    <type>_ssh._tcp</type>
    <port>22</port>
  </service>
</service-group>
"""

IMAGE_FILES: dict[str, tuple[str, int]] = {
    "/usr/lib/pilab/firmware": (FIRMWARE_SCRIPT, 0o755),
    "/etc/systemd/system/pilab-firmware.service": (FIRMWARE_UNIT, 0o644),
    "/usr/bin/vcgencmd": (VCGENCMD, 0o755),
    "/boot/firmware/cmdline.txt": (CMDLINE_TXT, 0o755),
    "/boot/firmware/config.txt": ("arm_64bit=1\n[all]\n", 0o755),
    "/boot/cmdline.txt": (
        "DO NOT EDIT THIS FILE\n\nThe file you are looking for has moved to /boot/firmware/cmdline.txt\n",
        0o755,
    ),
    "/etc/rpi-issue": ("Raspberry Pi reference 2024-11-19\n", 0o644),
    # chronyd may not set the clock of a container: let it measure and report only.
    "/etc/systemd/system/chrony.service.d/pilab.conf": ("[Unit]\nConditionCapability=\n", 0o644),
    "/etc/default/chrony": ('DAEMON_OPTS="-F 1 -x"\n', 0o644),
    "/etc/ssh/sshd_config.d/10-pilab.conf": ("UseDNS no\n", 0o644),
}
IMAGE_UNITS_ON = ["systemd-networkd.service", "pilab-firmware.service"]
IMAGE_UNITS_MASKED = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty.service",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "systemd-networkd-wait-online.service",
]
