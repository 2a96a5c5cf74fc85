"""The policy pack: `pulumi preview --policy-pack policies`."""

from pathlib import Path

from pack import policies
from pulumi_policy import PolicyPack

from palier.pack import Pack

PolicyPack(name="palier", policies=policies(Pack(Path(__file__).parent)))
