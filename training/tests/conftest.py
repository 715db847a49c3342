import sys
from pathlib import Path

# The package is the folder above: the tests run from any place.
sys.path.insert(0, str(Path(__file__).parents[2]))
