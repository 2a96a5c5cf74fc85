"""`python -m palier.simcloud FOLDER`: serve a folder's cloud until its last plugin has gone."""

import sys
from pathlib import Path

from palier.errors import PalierError
from palier.simcloud.opening import open_cloud
from palier.simcloud.process import CloudProcess

folder = Path(sys.argv[1])
try:
    process = CloudProcess(open_cloud(folder), folder)
except PalierError as error:
    sys.exit(str(error))
process.wait_until_idle()
process.close()
