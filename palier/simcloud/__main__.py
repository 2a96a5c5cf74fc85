"""`python -m palier.simcloud FOLDER`: serve a folder's cloud until its last plugin has gone."""

import sys
import threading
from pathlib import Path

from palier.errors import PalierError
from palier.simcloud.opening import open_cloud
from palier.simcloud.process import CloudProcess

folder = Path(sys.argv[1])
over = threading.Event()
try:
    cloud = open_cloud(folder, over)
except PalierError as error:
    sys.exit(str(error))
process = CloudProcess(cloud, folder)
process.wait_until_idle()
process.close()
over.set()  # what still waits has happened; nobody waits for it
cloud.faults.release()
