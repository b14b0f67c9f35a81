"""What the help says about everything that can have the focus: what it is, and what a choice means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """Help on one thing.

    Attributes:
        title: what it is called.
        text: paragraphs, separated by blank lines; keys stand in it by the names of their bindings.
    """

    title: str
    text: str


TOPICS: Mapping[str, Topic] = {
    # -- Scan
    "Scan#silence": Topic(
        "Looking",
        "What is being asked for, and by which means. Hosts appear as soon as one of them answers.\n\n"
        "A fresh Raspberry Pi OS advertises nothing: a sweep of the subnet finds it by its open SSH port, "
        "and you can add a host by name or address.",
    ),
    "Scan#hosts": Topic(
        "Hosts",
        "All that was found, each with the evidence for it. Selected hosts become the cluster's nodes; "
        "Raspberry Pis that belong to no cluster are selected already.\n\n"
        "Selecting changes nothing on a host. Nothing is changed before Review is confirmed.",
    ),
    "Scan#adverts": Topic(
        "k3s adverts",
        "Servers of this cluster prefix that say so on the LAN. An advert is a rumour: the API column tells "
        "whether somebody really answers there, and with which CA.\n\n"
        "New nodes join what they find under the environment that you choose later.",
    ),
    "Scan#evidence": Topic(
        "Evidence",
        "Where each piece of knowledge about the highlighted row comes from: adverts, names, MAC address, "
        "SSH banner and key, and when each was seen.",
    ),
    # -- Access
    "Access#user": Topic(
        "User",
        "Whom to log in as. It needs sudo, with or without a password.\n\n"
        "The form goes for every host that is not in yet. A host whose login differs gets a form of its own: "
        "{access.own_login} in the list of hosts. Where ~/.ssh/config names a user for a host, that one is "
        "used.",
    ),
    "Access#identity": Topic(
        "Identity file",
        "A private key file. Empty: the keys of the SSH agent, and the usual ones in ~/.ssh.",
    ),
    "Access#password": Topic(
        "Password",
        "Tried after the keys. It stays in memory and is never written to a file, argument or log.",
    ),
    "Access#passphrase": Topic(
        "Passphrase",
        "Opens key files that are encrypted: the named one, or the usual ones in ~/.ssh. It stays in memory. "
        "With an SSH agent that holds the key (ssh-add), none is needed.",
    ),
    "Access#port": Topic("Port", "Of the SSH servers. Empty: what ~/.ssh/config says about a host, else 22."),
    "Access#sudo_password": Topic(
        "sudo password",
        "Only needed where sudo asks for another password than the login does. It stays in memory.",
    ),
    "Access#hosts": Topic(
        "Hosts",
        "Every selected host with its login. All must be in before the wizard goes on, because roles depend "
        "on all of them; one that cannot be mended can be left out.",
    ),
    "Access#detail": Topic(
        "Host",
        "What logging in has shown, or why it failed and what to do about it. The host key is pinned on "
        "first contact; a key that changes later stops that host.",
    ),
    # -- Environment
    "Environment#names": Topic(
        "Environment",
        "The name under which the cluster advertises itself: dev, int, prod or another one. Together with "
        "the cluster prefix it decides which adverts are this cluster's, which variable holds its token, and "
        "the kubeconfig context. Newer sugarkube images call int “staging”.\n\n"
        "If servers of that environment are on the LAN, the nodes join them; else a new cluster is started.",
    ),
    "Environment#other": Topic(
        "Name",
        "A name of your own: lower-case letters, digits and hyphens. Every node of one cluster must use the "
        "same name.",
    ),
    "Environment#note": Topic(
        "What this means", "What the highlighted name stands for, and what lives under it on this LAN."
    ),
    # -- Servers
    "Servers#numbers": Topic(
        "Servers",
        "How many nodes run the control plane. More than half of them must be up: 1 survives no failure, "
        "3 survive one, 5 survive two. An even number adds nothing but one more that can fail.\n\n"
        "The other nodes become agents. More servers can be added later by running again.",
    ),
    "Servers#other": Topic("Number", "How many servers, from 1 to 9. Odd numbers are the useful ones."),
    "Servers#nodes": Topic(
        "Who becomes what",
        "Each node's role. New nodes become servers from the top, until the number is reached; the very "
        "first starts the cluster. {servers.move_up} and {servers.move_down} move the highlighted node, "
        "{servers.best_first} puts those first that do best as servers, {servers.by_name} goes back to the "
        "order of names. Servers that are there already stay what they are.",
    ),
    "Servers#note": Topic(
        "Why, and what to think of",
        "The reason for the highlighted node's role, and what speaks against the choice, each with the key "
        "that settles it.\n\n"
        "A taint keeps workloads off the servers. Without any agent it would leave them Pending, so there is "
        "none then, unless you want it: {servers.taint}.",
    ),
    # -- Address
    "Address#address": Topic(
        "Registration address",
        "An IP address or DNS name that stands before the servers, such as a kube-vip address or a load "
        "balancer. Nodes join through it and keep finding the cluster when the first server is away.\n\n"
        "Empty is the usual answer: nodes join through the first server. The address is not created here.",
    ),
    "Address#note": Topic("What it is used for", "What changes on the nodes with this address."),
    # -- Review
    "Review#nodes": Topic(
        "Nodes",
        "What there is to do on each node, and what stands in the way. The first row is about the cluster as "
        "a whole. A blocked node must be mended or left out.",
    ),
    "Review#plan": Topic(
        "Plan",
        "Every action in order: files with their difference, exact commands, reboots. Secrets are masked. "
        "Nothing has been changed yet; Esc goes back with all answers kept.",
    ),
    # -- Run
    "Run": Topic(
        "Run",
        "Every node's part, as it happens. A node whose step fails asks in its pane what to do; the others "
        "go on; nodes that depend on it wait.",
    ),
    "LogPane": Topic(
        "Log",
        "What was done on the node, with the exact commands, and what it says. Scrolling up stays at that "
        "place, whatever comes, and counts what is new; going to the end follows again.\n\n"
        "The last 5,000 lines are here; all of them are in a file of the run's directory. Searching, "
        "choosing and copying go by what is shown. “Commands only” ({log.level}) is what was done on the "
        "node, ready to be copied.",
    ),
    "Run#tracks": Topic(
        "Timeline",
        "What every node's time went into: work on it, reboots, waiting for other nodes or for you, and "
        "our own overhead. Below, the highlighted node's times and whom it waited for.",
    ),
    "Run#result": Topic(
        "Result",
        "What came of the run, node by node, with warnings to see to and what to do next. Nothing is rolled "
        "back: running again goes on from what is true on the nodes.",
    ),
    # -- Verify
    "Verify#servers": Topic(
        "Servers",
        "Each server climbs the same ladder, from its advert to its node being Ready, seen from this "
        "workstation and from every node. A rung that does not hold has its evidence.\n\n"
        "It looks again by itself; what has changed since the last look is marked.",
    ),
    "Verify#ladder": Topic("Ladder", "The highlighted server's rungs, with times and what was seen at each."),
    "Verify#vantages": Topic(
        "Who hears whom",
        "Which servers each vantage hears by multicast: this workstation, and every node for itself. One "
        "that hears nobody is deaf, and says nothing about the servers.",
    ),
    "Verify#looks": Topic("Looks", "The last looks, the newest first, each with what had changed by then."),
    # -- dialogs
    "Trust key#typed": Topic(
        "A changed host key",
        "A host key tells machines apart, whatever their names and addresses. It changes when a card is "
        "written anew, and when another machine answers in the host's place.\n\n"
        "With the host's name typed, the key that it shows now takes the place of the pinned one, for this "
        "host only. Esc leaves everything as it is.",
    ),
    "Confirm": Topic("A question", "Only y says yes. Anything else leaves things as they are."),
    "Go to#name": Topic(
        "Go to node",
        "Some letters of a node's name: its end is often the quickest. Enter goes to the highlighted one.",
    ),
    "Add host#host": Topic(
        "Host",
        "A name or an address at which SSH answers. Names that end in .local are asked for by multicast; "
        "others the way this workstation usually does.",
    ),
    "Resume": Topic(
        "A saved plan",
        "Your answers are kept while you give them, without passwords. Taking them up selects the same "
        "nodes, logs in to them with the keys, and goes to the question that was open.\n\n"
        "A run that was begun is not repeated: what is true on the nodes decides what is left to do.",
    ),
    "Running elsewhere": Topic(
        "A run is going on elsewhere",
        "Two programs must not change the same nodes at the same time. The other one holds a lock in the "
        "directory of its logs for as long as its run goes on.",
    ),
    "Save file#file": Topic(
        "File",
        "A name in the directory where you started sugarkube-tui, or a path; ~ is your home directory. It "
        "is readable for you alone, and a file that is there already is only replaced when you say so.",
    ),
    "Where to look#where": Topic(
        "Where to look",
        "The means by which hosts are found, and the network interfaces that are used. Everything but the "
        "sweep only listens and asks; the sweep connects to port 22 of every address and needs your consent.",
    ),
    "Copy command#steps": Topic(
        "Copy a command",
        "What to do after the run, each with its whole command. It is copied without a line end, so pasting "
        "it starts nothing: read it, then press Enter there.",
    ),
    "Steps#steps": Topic(
        "Show the lines of",
        "The steps that the log has lines of. Choosing one hides the lines of the others; nothing is lost, "
        "and the first row shows all of them again.",
    ),
    "Diagnostics#parts": Topic(
        "Diagnostics",
        "What a report about this program should hold. There are no secrets in it, but paths and addresses "
        "of this machine: read the file before you pass it on.",
    ),
    "Evidence#evidence": Topic(
        "Evidence", "The records, the certificate, or the commands that decided this rung."
    ),
}
"""By screen and widget (`Scan#hosts`), by the class of a widget (`LogPane`), or by dialog (`Confirm`)."""
