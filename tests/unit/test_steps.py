"""Steps decide from facts: tables of facts in, actions out."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.actions import (
    ControlUnit,
    InstallK3s,
    InstallPackages,
    Reboot,
    StepClock,
    UnitVerb,
    Upload,
    WaitUntil,
    WriteFile,
)
from sugarkube_tui.cluster.choices import Airgap, ClockPolicy, JoinPoint, ReleaseFile, Role
from sugarkube_tui.cluster.facts import BootFacts, ClockFacts, Interface, K3sFacts, PackageFacts
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.steps import (
    access,
    advert,
    boot,
    clock,
    config,
    install,
    join,
    k3s,
    packages,
    resolution,
    start,
)
from sugarkube_tui.steps.base import plan_step
from sugarkube_tui.steps.catalog import STEPS
from tests.unit import builders
from tests.unit.builders import (
    BOOT_LINE,
    CA,
    OTHER_CA,
    TOKEN_TEXT,
    VERSION,
    agent_k3s,
    goal,
    prepared,
    server_k3s,
)


def actions(step, facts, to):
    return plan_step(step, facts, to).actions


def problems(step, facts, to):
    return plan_step(step, facts, to).problems


class TestAccess:
    def test_a_good_pi_has_no_problems(self):
        assert not problems(access.STEP, builders.fresh(), goal())

    @pytest.mark.parametrize(
        ("changes", "what"),
        [
            ({"architecture": "armv6l"}, "no build for this processor"),
            ({"free_mb": 12}, "only 12 MiB free"),
            ({"hostname": "localhost"}, "does not do for a Kubernetes node"),
            ({"hostname": "pi_1"}, "does not do for a Kubernetes node"),
            ({"hostname": "pi.example.org"}, "does not do for a Kubernetes node"),
        ],
    )
    def test_what_k3s_cannot_run_on_is_refused(self, changes, what):
        found = problems(access.STEP, builders.fresh(access=builders.access(**changes)), goal())
        assert what in found[0].what
        assert found[0].blocking
        assert found[0].remedy

    def test_etcd_on_an_sd_card_is_warned_about(self):
        facts = builders.fresh(access=builders.access(root_device="/dev/mmcblk0p2"))
        (warning,) = problems(access.STEP, facts, goal())
        assert not warning.blocking
        assert not problems(access.STEP, facts, goal(embedded_etcd=False))

    def test_facts_are_read_and_virtual_interfaces_left_out(self):
        interfaces = [
            {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "scope": "host"}]},
            {
                "ifname": "eth0",
                "address": "2C:CF:67:00:00:01",
                "addr_info": [{"family": "inet", "local": "192.168.3.10", "scope": "global"}],
            },
            {"ifname": "cni0", "addr_info": [{"family": "inet", "local": "10.42.0.1", "scope": "global"}]},
        ]
        facts = access.read(
            {
                "hostname": "SugarKube0\n",
                "model": "Raspberry Pi 5\x1b[2J Model B",
                "memory_kb": "8245000",
                "interfaces": json.dumps(interfaces),
                "address": "10.9.9.9",
            }
        )
        assert facts.hostname == "sugarkube0"
        assert facts.model == "Raspberry Pi 5 Model B"
        assert facts.memory_mb == 8051
        assert [one.name for one in facts.interfaces] == ["eth0"]
        assert facts.address == "192.168.3.10"  # what we dialled is not the node's behind NAT

    @given(
        st.dictionaries(
            st.sampled_from(["interfaces", "memory_kb", "free_mb", "hostname"]), st.text(max_size=60)
        )
    )
    def test_no_answer_breaks_the_reader(self, answers):
        access.read(answers)


class TestBoot:
    def test_an_active_controller_is_left_alone_whatever_the_line_says(self):
        facts = builders.fresh(boot=BootFacts(True, "/boot/firmware/cmdline.txt", BOOT_LINE))
        assert not actions(boot.STEP, facts, goal())

    def test_a_fresh_pi_gets_its_line_and_one_reboot(self):
        write, reboot = actions(boot.STEP, builders.fresh(), goal())
        assert isinstance(write, WriteFile)
        assert write.content == BOOT_LINE.strip() + " cgroup_memory=1 cgroup_enable=memory\n"
        assert write.backup
        assert isinstance(reboot, Reboot)
        assert reboot.boot_id == "boot-0"

    def test_a_line_that_was_written_but_not_booted_only_needs_the_reboot(self):
        line = boot.patched(BOOT_LINE)
        facts = builders.fresh(
            boot=BootFacts(False, "/boot/firmware/cmdline.txt", line, BOOT_LINE.strip(), True)
        )
        (only,) = actions(boot.STEP, facts, goal())
        assert isinstance(only, Reboot)

    def test_a_reboot_that_did_not_help_is_not_repeated(self):
        line = boot.patched(BOOT_LINE)
        facts = builders.fresh(boot=BootFacts(False, "/boot/firmware/cmdline.txt", line, line.strip(), True))
        assert not actions(boot.STEP, facts, goal())
        assert "no further reboot" in problems(boot.STEP, facts, goal())[0].remedy

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("root=/dev/sda1 quiet\r\n", "root=/dev/sda1 quiet cgroup_memory=1 cgroup_enable=memory\n"),
            ("root=/dev/sda1\ncgroup_memory=1\n", "root=/dev/sda1 cgroup_memory=1 cgroup_enable=memory\n"),
            ("root=x cgroup_disable=memory", "root=x cgroup_memory=1 cgroup_enable=memory\n"),
            (
                "root=x cgroup_disable=memory,cpu",
                "root=x cgroup_disable=cpu cgroup_memory=1 cgroup_enable=memory\n",
            ),
            (
                "root=x cgroup_enable=cpuset",
                "root=x cgroup_enable=cpuset cgroup_memory=1 cgroup_enable=memory\n",
            ),
        ],
    )
    def test_odd_lines(self, line, expected):
        assert boot.patched(line) == expected

    @given(
        st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1), max_size=12)
    )
    def test_patching_is_idempotent_and_gives_one_line(self, tokens):
        line = boot.patched(" ".join(tokens))
        assert boot.patched(line) == line
        assert line.count("\n") == 1
        assert set(boot.WANTED) <= set(line.split())

    def test_a_file_that_is_no_boot_line_is_not_touched(self):
        facts = builders.fresh(boot=BootFacts(False, "/boot/cmdline.txt", "DO NOT EDIT", "", True))
        assert not actions(boot.STEP, facts, goal())
        assert "root=" in problems(boot.STEP, facts, goal())[0].remedy

    def test_a_read_only_boot_partition_is_refused(self):
        facts = builders.fresh(boot=BootFacts(False, "/boot/firmware/cmdline.txt", BOOT_LINE, "", False))
        assert "cannot be written" in problems(boot.STEP, facts, goal())[0].what


class TestPackages:
    def test_only_what_is_missing_is_installed(self):
        facts = builders.fresh(packages=PackageFacts(("jq", "iptables")))
        assert actions(packages.STEP, facts, goal()) == (InstallPackages(("jq", "iptables")),)

    def test_removed_packages_with_config_files_left_count_as_missing(self):
        facts = packages.read({"apt": "yes", "installed": "ii  curl\nrc  jq\nhi  tcpdump\n"})
        assert "jq" in facts.missing
        assert "curl" not in facts.missing
        assert "tcpdump" not in facts.missing


class TestResolution:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("hosts:  files dns\n", "hosts:  files mdns4_minimal [NOTFOUND=return] dns\n"),
            (
                "hosts: files myhostname resolve [!UNAVAIL=return] # ours\n",
                "hosts: files mdns4_minimal [NOTFOUND=return] myhostname resolve [!UNAVAIL=return] # ours\n",
            ),
            ("hosts: files mdns4_minimal [NOTFOUND=return] dns\n", None),
            ("hosts: files mdns_minimal dns\n", None),
            ("hosts: files dns mdns4\n", "hosts: files mdns4_minimal [NOTFOUND=return] dns mdns4\n"),
            ("hosts: dns\n", "hosts: mdns4_minimal [NOTFOUND=return] dns\n"),
            ("passwd: files", "passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n"),
        ],
    )
    def test_mdns_is_inserted_and_the_rest_kept(self, before, after):
        assert resolution.patched(before) == (before if after is None else after)

    @given(st.text(max_size=200))
    def test_patching_is_idempotent(self, text):
        once = resolution.patched(text)
        assert resolution.patched(once) == once


class TestClock:
    def node(self, **changes):
        facts = ClockFacts("chrony", True, 3.0, 1.0, 1.0, 500.0)
        return prepared(clock=replace(facts, **changes))

    def test_a_right_clock_needs_nothing(self):
        assert not actions(clock.STEP, self.node(), goal())
        assert not problems(clock.STEP, self.node(), goal())

    @pytest.mark.parametrize(
        "changes",
        [
            {"service_offset_ms": 4000.0},
            {"workstation_offset_ms": -900.0},
            {"service": ""},
            {"synchronised": False},
        ],
    )
    def test_a_wrong_clock_warns_or_stops_as_chosen(self, changes):
        (warning,) = problems(clock.STEP, self.node(**changes), goal())
        assert not warning.blocking
        strict = goal(choices=builders.choices(clock=ClockPolicy.STRICT))
        (blocking,) = problems(clock.STEP, self.node(**changes), strict)
        assert blocking.blocking

    def test_it_is_corrected_once_where_that_is_allowed(self):
        fixing = goal(choices=builders.choices(clock=ClockPolicy.FIX))
        wrong = self.node(service_offset_ms=4000.0)
        assert actions(clock.STEP, wrong, fixing) == (StepClock("chrony"),)
        tried = replace(wrong, clock=replace(wrong.clock, corrected=True))
        assert not actions(clock.STEP, tried, fixing)
        assert problems(clock.STEP, tried, fixing)

    def test_after_a_boot_it_is_given_time(self):
        (wait,) = actions(clock.STEP, self.node(synchronised=False, uptime=20.0), goal())
        assert isinstance(wait, WaitUntil)
        assert not wait.required
        assert wait.deadline == pytest.approx(71.0)

    def test_chronys_own_words_are_read(self):
        line = "C0A80301,192.168.3.1,3,1763900000,0.612,0.000001,0.00001,1.2,0.0,0.1,0.01,0.001,64.2,Normal"
        facts = clock.read({"service": "chrony", "tracking": line})
        assert facts.synchronised is True
        assert facts.service_offset_ms == pytest.approx(612.0)


class TestExistingK3s:
    def test_the_right_cluster_is_left_alone(self):
        assert not problems(k3s.STEP, prepared(k3s=server_k3s()), goal(Role.SERVER, kept=True))

    @pytest.mark.parametrize(
        ("present", "to", "what"),
        [
            (server_k3s(ca_hash=OTHER_CA, environment=""), goal(Role.SERVER), "another cluster"),
            (server_k3s(environment="sugar/prod"), goal(Role.SERVER), "belongs to sugar/prod"),
            (server_k3s(environment=""), goal(), "was not set up for any environment"),
            (agent_k3s(), goal(Role.SERVER), "installed as an agent"),
            (server_k3s(), goal(Role.AGENT), "installed as a server"),
        ],
    )
    def test_any_other_is_refused_with_the_way_out(self, present, to, what):
        found = [problem for problem in problems(k3s.STEP, prepared(k3s=present), to) if problem.blocking]
        assert what in found[0].what
        assert "uninstall.sh" in found[0].remedy

    def test_one_that_others_set_up_and_that_does_not_answer_is_not_rewritten(self):
        silent = server_k3s(api="", files={})
        (problem,) = problems(k3s.STEP, prepared(k3s=silent), goal(Role.SERVER))
        assert "others have set up" in problem.what
        ours = replace(silent, files={k3s.NODE_FILE: "x"})
        assert not problems(k3s.STEP, prepared(k3s=ours), goal(Role.SERVER))

    def test_files_alone_do_not_bind_a_node_to_an_environment(self):
        only_files = K3sFacts(environment="sugar/int", files={k3s.NODE_FILE: "x"})
        assert not problems(k3s.STEP, prepared(k3s=only_files), goal())

    def test_its_facts_are_read(self):
        node = {
            "status": {
                "conditions": [
                    {"type": "Ready", "status": "True"},
                    {"type": "EtcdIsVoter", "status": "False"},
                ]
            }
        }
        facts = k3s.read(
            {
                "unit": "k3s",
                "state": "active",
                "version": f"k3s version {VERSION} (abcdef12)\ngo version go1.24.6",
                "exec": "ExecStart=/usr/local/bin/k3s server '--node-label' 'sugarkube.env=dev'",
                f"file:{config.NODE_FILE}": 'node-label:\n  - "sugarkube.cluster=sugar"\n',
                "ca": "pem",
                "node": json.dumps(node),
                "api": "ok\n",
                "images": "12 a b.tar\n",
            }
        )
        assert facts.environment == "sugar/dev"
        assert facts.version == VERSION
        assert facts.ca_hash == ca_hash(b"pem")
        assert facts.node_state == "Ready"
        assert facts.voter is False
        assert facts.member
        assert not facts.joined
        assert facts.images == {"a b.tar": 12}

    def test_a_binary_that_cannot_run_is_broken(self):
        facts = k3s.read({"version": "sh: 1: k3s: Exec format error"})
        assert not facts.version
        assert "Exec format error" in facts.broken

    @pytest.mark.parametrize(
        "text", ['server: "https://a:6443"\n', "ExecStart=k3s server '--server' 'https://a'"]
    )
    def test_a_server_that_joined_another_is_known(self, text):
        assert k3s.read({"exec": text}).joined
        assert not k3s.read({"exec": f"# {text}"}).joined or "--server" in text


class TestConfig:
    def test_a_first_server_of_three(self):
        tls, node = actions(config.STEP, prepared(), goal(tainted=True))
        assert (tls.path, node.path) == (config.TLS_FILE, config.NODE_FILE)
        assert tls.content == 'tls-san:\n  - "sugarkube0.local"\n  - "sugarkube0"\n'
        assert "cluster-init: true" in node.content
        assert '"sugarkube.env=dev"' in node.content
        assert "NoSchedule" in node.content

    def test_an_agent_has_labels_only(self):
        (node,) = actions(config.STEP, prepared(3), goal(Role.AGENT, 3, tainted=True))
        assert "taint" not in node.content
        assert "cluster-init" not in node.content

    def test_the_registration_address_is_in_every_servers_certificate(self):
        with_address = builders.choices(registration_address="10.99.0.5")
        for role in (Role.FIRST_SERVER, Role.SERVER):
            tls = actions(config.STEP, prepared(), goal(role, choices=with_address))[0]
            assert '  - "10.99.0.5"\n' in tls.content

    def test_a_node_with_two_networks_says_which_one_is_the_clusters(self):
        two = (
            Interface("eth0", "", ("192.168.3.10",)),
            Interface("wlan0", "", ("192.168.4.10",)),
        )
        facts = prepared(access=builders.access(interfaces=two))
        node = actions(config.STEP, facts, goal())[1]
        assert 'node-ip: "192.168.3.10"' in node.content
        assert 'flannel-iface: "eth0"' in node.content

    def test_right_files_are_left_alone(self):
        files = {action.path: action.content for action in actions(config.STEP, prepared(), goal())}
        assert not actions(config.STEP, prepared(k3s=K3sFacts(files=files)), goal())

    def test_foreign_files_that_would_decide_are_refused(self):
        foreign = {"/etc/rancher/k3s/config.yaml": "server: https://elsewhere:6443\n"}
        (problem,) = problems(config.STEP, prepared(k3s=K3sFacts(files=foreign)), goal())
        assert problem.blocking
        harmless = {"/etc/rancher/k3s/config.yaml.d/10-kube-proxy.yaml": "kube-proxy-arg: [x]\n"}
        assert not problems(config.STEP, prepared(k3s=K3sFacts(files=harmless)), goal())


class TestInstall:
    def test_a_server_is_installed_without_a_url(self):
        (action,) = actions(install.STEP, prepared(), goal())
        assert isinstance(action, InstallK3s)
        assert action.environment == {
            "INSTALL_K3S_EXEC": "server",
            "INSTALL_K3S_SKIP_START": "true",
            "INSTALL_K3S_SKIP_ENABLE": "true",
            "INSTALL_K3S_VERSION": VERSION,
        }

    def test_an_agent_joins_through_k3s_url(self):
        join_point = JoinPoint("10.99.0.5", CA)
        (action,) = actions(install.STEP, prepared(), goal(Role.AGENT, join=join_point))
        assert action.environment["K3S_URL"] == "https://10.99.0.5:6443"
        installed = agent_k3s(state="inactive", node_state="")
        (again,) = actions(install.STEP, prepared(k3s=installed), goal(Role.AGENT, join=join_point))
        assert isinstance(again, InstallK3s)

    def test_without_a_version_the_channel_decides(self):
        (action,) = actions(install.STEP, prepared(), goal(version=None))
        assert action.environment["INSTALL_K3S_CHANNEL"] == "stable"

    def test_the_same_version_and_role_need_nothing(self):
        assert not actions(install.STEP, prepared(k3s=server_k3s(state="inactive")), goal())

    def test_a_member_is_not_upgraded(self):
        plan = plan_step(
            install.STEP, prepared(k3s=server_k3s(version="v1.32.1+k3s1")), goal(Role.SERVER, kept=True)
        )
        assert not plan.actions
        assert not plan.problems[0].blocking

    def airgap(self):
        binary = ReleaseFile(Path("/r/k3s-arm64"), "1" * 64, 70)
        images = ReleaseFile(Path("/r/k3s-airgap-images-arm64.tar.zst"), "2" * 64, 300)
        return Airgap(
            ReleaseFile(Path("/r/install.sh"), "3" * 64, 1), {"aarch64": binary}, {"aarch64": images}
        )

    def test_offline_all_files_are_uploaded_once(self):
        to = goal(choices=builders.choices(airgap=self.airgap()))
        binary, images, installer, run = actions(install.STEP, prepared(), to)
        assert [type(one) for one in (binary, images, installer)] == [Upload] * 3
        assert run.environment["INSTALL_K3S_SKIP_DOWNLOAD"] == "true"
        done = server_k3s(sha256="1" * 64, images={"k3s-airgap-images-arm64.tar.zst": 300})
        assert not actions(install.STEP, prepared(k3s=done), to)

    def test_offline_the_wrong_processor_is_refused(self):
        to = goal(choices=builders.choices(airgap=self.airgap()))
        facts = prepared(access=builders.access(architecture="x86_64"))
        assert "x86_64" in problems(install.STEP, facts, to)[0].what


class TestJoin:
    def test_a_joining_server_gets_its_token_in_a_file_of_its_own(self):
        token, file = actions(join.STEP, prepared(), goal(Role.SERVER, token=builders.token()))
        assert token.mode == 0o600
        assert token.content.reveal() == TOKEN_TEXT + "\n"
        assert TOKEN_TEXT not in " ".join(
            (*token.details, token.title, *file.details, file.title, repr(token))
        )
        assert 'server: "https://sugarkube0.local:6443"' in file.content
        assert join.TOKEN_FILE in file.content

    def test_an_agents_address_is_in_its_unit(self):
        _, file = actions(join.STEP, prepared(), goal(Role.AGENT, token=builders.token()))
        assert "server:" not in file.content

    def test_what_an_earlier_run_left_does_not_make_a_first_server_join(self):
        left = prepared(k3s=K3sFacts(files={join.JOIN_FILE: 'server: "https://old:6443"\n'}))
        (write,) = actions(join.STEP, left, goal())
        assert "server:" not in write.content
        assert not actions(join.STEP, prepared(k3s=K3sFacts(files={join.JOIN_FILE: write.content})), goal())

    def test_a_first_server_needs_nothing(self):
        assert not actions(join.STEP, prepared(), goal())

    def test_the_same_token_is_not_written_again(self):
        to = goal(Role.SERVER, token=builders.token())
        files = {action.path: action.content for action in actions(join.STEP, prepared(), to)[1:]}
        digest = hashlib.sha256(f"{TOKEN_TEXT}\n".encode()).hexdigest()
        assert not actions(join.STEP, prepared(k3s=K3sFacts(files=files, token_hash=digest)), to)

    def test_before_the_run_the_plan_shows_that_a_token_comes(self):
        token, _ = actions(join.STEP, prepared(), goal(Role.SERVER))
        assert token.content is None
        assert "secret" in token.details[0]


class TestStart:
    def test_it_never_blocks_and_is_bounded(self):
        begin, wait = actions(start.START, prepared(k3s=server_k3s(state="inactive", api="")), goal())
        assert isinstance(begin, ControlUnit)
        assert "--no-block" in begin.title
        assert isinstance(wait, WaitUntil)
        assert wait.unit == "k3s"

    def test_what_runs_but_would_not_start_at_boot_is_enabled(self):
        (enable,) = actions(start.START, prepared(k3s=agent_k3s(enabled=False)), goal(Role.AGENT, kept=True))
        assert enable == ControlUnit(UnitVerb.ENABLE, "k3s-agent")

    def test_a_unit_that_tries_already_reads_its_files_again(self):
        begin, _ = actions(start.START, prepared(k3s=agent_k3s(state="activating")), goal(Role.AGENT))
        assert "restart --no-block k3s-agent" in begin.title

    def test_what_runs_needs_nothing(self):
        assert not actions(start.START, prepared(k3s=server_k3s()), goal())
        assert not actions(start.READY, prepared(k3s=server_k3s()), goal())

    @pytest.mark.parametrize("k3s_facts", [server_k3s(node_state="NotReady"), server_k3s(voter=False)])
    def test_a_learner_or_an_unready_node_is_waited_for(self, k3s_facts):
        (wait,) = actions(start.READY, prepared(k3s=k3s_facts), goal(Role.SERVER))
        assert isinstance(wait, WaitUntil)


class TestAdvert:
    def test_a_server_publishes_and_is_heard(self):
        write, reload, wait = actions(advert.STEP, prepared(), goal())
        assert write.path == "/etc/avahi/services/k3s-sugar-dev.service"
        assert isinstance(reload, ControlUnit)
        assert isinstance(wait, WaitUntil)
        published = prepared(advert=advert.read({write.path: write.content}))
        assert not actions(advert.STEP, published, goal())

    def test_an_agent_publishes_nothing(self):
        assert not actions(advert.STEP, prepared(), goal(Role.AGENT))

    def test_a_members_advert_in_upstreams_form_is_kept(self):
        text = "<type>_k3s-sugar-dev._tcp</type><txt-record>role=server</txt-record>"
        facts = prepared(
            k3s=server_k3s(), advert=advert.read({"/etc/avahi/services/k3s-sugar-dev.service": text})
        )
        assert not actions(advert.STEP, facts, goal(Role.SERVER, kept=True))

    def test_another_environments_advert_is_warned_about(self):
        facts = prepared(advert=advert.read({"/etc/avahi/services/k3s-sugar-int.service": "x"}))
        assert not problems(advert.STEP, facts, goal(Role.AGENT))[0].blocking


class TestGoingWithout:
    """What a step says of going on without it, where it failed; empty: that is not safe."""

    def test_the_steps_that_k3s_cannot_do_without_cannot_be_left_out(self):
        for step in STEPS:
            if step.id not in ("clock", "packages", "resolution"):
                assert step.without(builders.fresh(), goal()) == ""

    def test_packages_only_where_none_of_the_missing_ones_is_needed(self):
        assert packages.STEP.without(builders.fresh(), goal()) == ""
        facts = prepared(packages=PackageFacts(("tcpdump", "libnss-mdns")))
        assert "mDNS packets" in packages.STEP.without(facts, goal())

    def test_a_server_has_to_answer_for_its_own_name(self):
        facts = builders.fresh()
        assert resolution.STEP.without(facts, goal()) == ""
        assert "k3s does not use them" in resolution.STEP.without(facts, goal(Role.AGENT))
        answering = replace(
            facts, resolution=replace(facts.resolution, avahi_active=True, avahi_enabled=True)
        )
        assert resolution.STEP.without(answering, goal())
