"""The policy pack: `pulumi preview --policy-pack policies`."""

from pathlib import Path

from pack import policies
from pulumi_policy import PolicyPack

from palier.pack import Pack

MIND = Pack(Path(__file__).parent)
MIND.load_soon()
PolicyPack(name="palier", policies=policies(MIND))
