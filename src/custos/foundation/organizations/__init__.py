"""The tree of organizations, and what a facility is made of: areas, cells, rooms, its base record.

What others use:

- `numbers` – how a subtree is one range of numbers;
- `services` – `open_organization()`, `add_area()`, `add_cell()`, `add_room()`,
  `take_cell_out_of_use()`, `return_cell_to_use()`, `record_base()`;
- `queries` – `cells()`, `cells_named()`, `areas()`, `children()`, `base_record_at()`, `figures_at()`;
- `kinds_of_facility` – which kinds there are, which are out of scope and which were abolished.
"""
