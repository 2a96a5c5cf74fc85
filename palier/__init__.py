"""palier: what a platform on GCP carries, costs and may become, from users to euros.

Importing this package loads nothing else. The parts, in the order data flows through them:
`load` and `phases` (what is needed), `recorder` and `facts` (what would be created), `cost` (what
it costs), `budget` (whether that is allowed), `report` and `cli` (what a person reads).
"""

from importlib.metadata import version

__version__ = version("palier")
