"""The demo's world: invented, deterministic, and made by the program's own services.

`build()` fills an empty database. The last week is told by the services that users call, under a
clock that is set to each moment; what is older comes by their bulk form. The same seed gives the
same people, cells, staff and events, placed relative to the day of the build. All names and numbers
are invented; regions begin with 98 or 99, which no real region does.

`places` and `staff` are where it plays and who works there; `names`, `people`, `cases` and `portraits`
invent, and know no database; `history`, `year`, `week`, `arrivals` and `releases` tell what was; `duty` and
`rosters` are how the main facility is on duty, and who plays its posts from then on.
"""

from custos.config.demo.world import SEED, announcement, build

__all__ = ["SEED", "announcement", "build"]
