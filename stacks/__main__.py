"""The program: read the settings, wire the platform, export what people ask for."""

import pulumi
import settings
import topology

platform = topology.deploy(settings.load())

pulumi.export("phase", platform.phase)
pulumi.export("address", platform.address)
pulumi.export("name_servers", platform.name_servers)
pulumi.export("clusters", platform.clusters)
