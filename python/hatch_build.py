"""Build hook: places the start-up file that lets OFFBOARD_AS_MXNET=1 alias ``import mxnet`` in any process."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AliasHook(BuildHookInterface[Any]):
    """Puts ``offboard_alias.pth`` at the root of site-packages, in plain and in editable wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the file to the wheel; an editable one needs its own key."""
        source = str(Path(self.root) / "python" / "offboard_alias.pth")
        key = "force_include_editable" if version == "editable" else "force_include"
        build_data.setdefault(key, {})[source] = "offboard_alias.pth"
