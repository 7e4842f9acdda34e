"""What the design promises of speed and size, measured on this machine: `python3 dev.py benchmark [NAME...]`."""
