"""How files are written and read: aside and renamed, hashed, and the container of ``.calib`` and ``.snn``."""
