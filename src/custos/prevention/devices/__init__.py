"""Devices in and around cells, and what they say over MQTT.

What others use:

- `listener.listen(stop)` – receives, records and acknowledges for ever; the worker runs it;
- `services.register`, `switch` – a device is known, and heard or not;
- `queries` – devices, those that fell silent, and messages that were refused;
- `kinds.EmergencyButtonPressed` – what other modules react to.

A message goes through `onvif` (pure: what does it say), `intake` (whose is it, what becomes of it;
one transaction a batch) and, while the database is away, `spool`. What a device measures is
telemetry, kept in a table of its own; only what it means becomes an entry.
"""
