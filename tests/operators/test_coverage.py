"""How many of MXNet's operators the accelerator runs, counted from what MXNet lists and from the records."""

import json

import pytest
from tests import shared

from offboard.operators import record, table
