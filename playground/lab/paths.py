"""Where models and jobs live on disk.

Shipped models lie in ``models/presets`` of a checkout, or inside the installed package. What a user trains
goes to ``$PLAYGROUND_HOME``, else to ``models/cache`` of the checkout, else to the user's data folder.

Leaves out: reading and writing (``files``).
"""

import os
from pathlib import Path
from typing import Final

import platformdirs

PACKAGE: Final = Path(__file__).resolve().parent.parent
CHECKOUT: Final = PACKAGE.parent


def shipped_folder() -> Path:
    """The folder of the shipped models."""
    installed = PACKAGE / "_shipped" / "presets"
    return installed if installed.is_dir() else CHECKOUT / "models" / "presets"


def app_script() -> Path:
    """The file that ``streamlit run`` starts."""
    installed = PACKAGE / "_shipped" / "streamlit_app.py"
    return installed if installed.is_file() else CHECKOUT / "streamlit_app.py"


def home_folder() -> Path:
    """The folder of everything that a user makes; it need not exist yet."""
    if home := os.environ.get("PLAYGROUND_HOME"):
        return Path(home).expanduser().absolute()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "models" / "cache"
    return platformdirs.user_data_path("reward-playground")
