"""The HTTP doors. `front.py` joins them; `server.py` carries them; nothing here decides anything."""
