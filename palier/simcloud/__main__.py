"""`python -m palier.simcloud FOLDER`: serve its cloud until the last plugin has gone."""

import sys
from pathlib import Path

from palier.simcloud.opening import open_cloud
from palier.simcloud.process import CloudProcess

folder = Path(sys.argv[1])
process = CloudProcess(open_cloud(folder), folder)
process.wait_until_idle()
process.close()
