"""The handheld: an officer at a cell door records what they notice, with or without a network.

The page is a shell without people; what it needs to work offline is fetched apart, kept encrypted in the
browser and taken away at sign-out. What was typed waits in the device until the server has it; the server
knows each record by the identifier that the device made, so nothing is lost and nothing doubled.
"""
