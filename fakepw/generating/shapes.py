"""What kind of Patchwork a generated fixture is: all of it numbers, so that another is a row."""

from __future__ import annotations

from typing import NamedTuple


class Project(NamedTuple):
    """A list: its linkname, its name, the tree that its subjects name, and its subsystems."""

    linkname: str
    name: str
    tree: str
    subsystems: tuple[str, ...]


class Shape(NamedTuple):
    """A kind of Patchwork.

    Shares are of one.  Series lengths are drawn from `lengths`, numbers of versions from
    `versions`; how often a value stands there is how often it comes.
    """

    #: In a line, for `--help`.
    says: str
    projects: tuple[Project, ...]
    #: Patches a day; more where ten years would not hold them all.
    per_day: int
    #: One submitter to so many patches, and so many at least.
    patches_per_person: int
    fewest_people: int
    maintainers: int
    lengths: tuple[int, ...]
    versions: tuple[int, ...]
    #: How many patches are answered, and by how many mails at most.
    answered: float
    most_comments: int
    #: What CI says: how many patches are looked at, and in which contexts.
    checked: float
    contexts: tuple[str, ...]
    #: Whether mails say no more than they must: rows by the million then fit into memory.
    terse: bool = False


_NET = ("net: core", "net: bridge", "net: phy", "tcp", "ipv6", "netfilter", "selftests: net")
_WIRELESS = ("wifi: mac80211", "wifi: ath12k", "wifi: iwlwifi", "wifi: rtw89", "wifi: cfg80211")
_KERNEL = (
    Project("netdev", "Netdev", "net-next", _NET),
    Project("linux-wireless", "Linux Wireless", "wireless-next", _WIRELESS),
    Project(
        "linux-media",
        "Linux Media",
        "",
        ("media: v4l2-core", "media: uvcvideo", "media: vb2", "media: imx290"),
    ),
    Project("linux-arm-kernel", "ARM", "", ("arm64: dts: qcom", "arm64: mm", "ARM: dts: imx6")),
    Project("dri-devel", "DRI", "", ("drm/i915", "drm/amdgpu", "drm/sched", "drm/panel")),
    Project("linux-fsdevel", "Filesystems", "", ("fs: fuse", "ext4", "xfs", "btrfs", "iomap")),
    Project("linux-mm", "Memory management", "mm", ("mm: slub", "mm: memcg", "mm/vmscan")),
    Project("linux-crypto", "Crypto", "", ("crypto: qat", "crypto: aesni", "hwrng: core")),
    Project("kvm", "KVM", "", ("KVM: x86/mmu", "KVM: arm64", "KVM: selftests", "KVM: VMX")),
    Project("linux-rdma", "RDMA", "for-next", ("RDMA/mlx5", "RDMA/core", "IB/hfi1")),
)
_SMALL = (Project("kettle", "Kettle", "", ("url", "http", "cache", "cli", "docs", "tests")),)
_CI = (
    Project("dataplane", "Data plane", "", ("eal", "ethdev", "net/ixgbe", "doc", "app/testpmd")),
    Project("buildroot", "Buildroot", "", ("package/curl", "package/python3", "configs", "utils")),
)

_BUSY = Shape(
    "ten busy lists, long series in many versions, thousands of submitters",
    _KERNEL,
    per_day=450,
    patches_per_person=40,
    fewest_people=40,
    maintainers=3,
    lengths=(1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 24),
    versions=(1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6),
    answered=0.45,
    most_comments=4,
    checked=0.35,
    contexts=("build_allmodconfig", "checkpatch", "cc_maintainers"),
)

SHAPES = {
    "small": Shape(
        "a project of a few people with one list",
        _SMALL,
        per_day=8,
        patches_per_person=15,
        fewest_people=6,
        maintainers=2,
        lengths=(1, 1, 1, 1, 2, 2, 3, 4),
        versions=(1, 1, 1, 2, 2, 3),
        answered=0.5,
        most_comments=3,
        checked=0.6,
        contexts=("build",),
    ),
    "kernel": _BUSY,
    "ci": Shape(
        "two lists whose every patch many CI jobs look at",
        _CI,
        per_day=60,
        patches_per_person=30,
        fewest_people=12,
        maintainers=3,
        lengths=(1, 1, 1, 2, 3, 5, 9),
        versions=(1, 1, 2, 2, 3, 5),
        answered=0.35,
        most_comments=3,
        checked=0.97,
        contexts=(
            "ci/build-gcc",
            "ci/build-clang",
            "ci/checkpatch",
            "ci/unit",
            "ci/intel-functional",
            "ci/arm64-build",
            "ci/abi",
        ),
    ),
    "terse": _BUSY._replace(
        says="the kernel's patches in a line each, without mails around them, for tests of scale",
        answered=0.0,
        most_comments=0,
        checked=0.02,
        contexts=("build",),
        terse=True,
    ),
}
