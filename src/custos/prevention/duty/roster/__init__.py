"""The roster: who is expected on which post in which shift of a month.

The software plans by patterns, proposes and checks; a named leader publishes. Who is on duty is what
signing on says (`shifts`); the roster says who is expected. `services` holds the deeds on a plan,
`absences` and `swaps` those that come from people, `queries` what is shown.
"""
