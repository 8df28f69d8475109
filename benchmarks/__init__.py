"""What `custos bench` measures, on an embedded server of its own with its data made safe (fsync)."""
