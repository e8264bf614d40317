"""All attacks, in the order in which they are made."""

import doorways  # noqa: F401  pylint: disable=unused-import
import page  # noqa: F401  pylint: disable=unused-import
import traitors  # noqa: F401  pylint: disable=unused-import
from judge import ATTACKS  # noqa: F401  pylint: disable=unused-import
