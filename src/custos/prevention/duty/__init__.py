"""Who must do what now: tasks that entries open, with a deadline and a ladder of posts.

What others use:

- `services.accept`, `answer`, `withdraw` – what an officer does with a task;
- `services.settle` – what another module's deed has done, and what was asked for it is answered by;
- `services.sweep` – climbs the ladder of what nobody accepts; the worker calls it each second;
- `queries` – the list of now, one task with its history, and the answers that came back.

Which information opens which task is data (`rules/catalogue.yaml`), what follows by when is the
pure `engine`. The module opens tasks by reacting to entries of others; nobody calls it for that.
"""
