"""Assessment of duty (考核): what a month of duty was like, from what was recorded alone, and its ledger.

A figure says how many cases there were and how many were done in time; it stands beside what was reported,
so that silence never looks good. Nobody is ranked, and no score adds unlike things up. Each officer sees
their own figures and may answer them; a leader replies and signs the month.

Others call `queries` (a month, one's own figures, facilities side by side, what stands behind a figure),
`services` (answer, reply, sign) and `ledger`.
"""
