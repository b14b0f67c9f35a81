"""pilab: a throw-away lab of make-believe Raspberry Pis for end-to-end tests.

Each "Pi" is a Debian system booted by systemd-nspawn: a real systemd, sshd,
sudo, avahi and reboot, on an Ethernet bridge of its own.  The whole lab (bridge,
Pis and the "workstation" from which you drive them) lives in network, mount and
process-id namespaces of its own, so the host's network is never touched.

    pilab build                  make the root file system (once; cached)
    pilab up 3                   boot sugarkube0, sugarkube1, sugarkube2
    pilab status                 what runs, since when, at which address
    pilab exec -- CMD ...        run CMD on the workstation (lab network)
    pilab enter                  a shell on the workstation
    pilab ssh sugarkube0 [CMD]   log in to one Pi as user pi
    pilab reboot [NAME ...]      `sudo reboot` over SSH, time it, check it
    pilab cut NAME / heal NAME   unplug / replug a Pi's network
    pilab off NAME / on NAME     pull / restore a Pi's power
    pilab clock NAME ...         make a Pi's NTP server right, wrong or gone
    pilab down                   stop everything and delete all state

where `pilab` is `python -m tests.lab.pilab`, or `python /path/to/tests/lab/pilab`.

How it is held together (and why it cannot leak):

* One process, the supervisor, owns the namespaces.  Mounts, bridge, veth pairs
  and network namespaces exist only inside them: when the supervisor dies, for
  whatever reason, the kernel kills every Pi and takes all of that away.
* Every process of the lab also sits in one cgroup, so `down` can find and kill
  it even if the state directory is lost.  What a hard kill leaves behind is
  plain files and empty cgroups; the next `up` or `down` removes them.
* A lab may have an owner (`up --owner PID`) and ends with that process.
* A Pi's disk is an overlay: the shared read-only root file system below, a
  directory of its own above.  It survives reboots and power cuts, not `down`.

Python 3.11, standard library only.  Needs root.  Run `pilab check` for the
Debian packages it needs.
"""
