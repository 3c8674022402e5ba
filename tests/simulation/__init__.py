"""A rehearsal of the whole cluster, in one process under one seed.

The theory. What goes wrong in a distributed program goes wrong by order: of callbacks, of messages, of crashes. So
whatever decides an order is taken out of the machine's hands and given to one seed:

- time (`loop.py`, `clock.py`) passes only while nobody has anything to do;
- who of several processes comes next is drawn; within a process the order is asyncio's, which the product relies on;
- the network (`wire.py`), the bus (`bus.py`) and the database (`database.py`) are replaced at their ports, by ones that
  delay, lose, double, fail and hold back as the weather (`weather.py`) and the plan (`plan.py`) say.

Everything else is the product. A plan is data, chosen before anything runs, and each concern draws from a stream of its
own (`chance.py`): so a schedule runs again to the last step, and can be run with something left out, until only what
its failure needs is left (`shrink.py`).

What must hold is asked of all that happened (`oracles.py`), and never of what the product believes: the history is read
from the database, and judged by the pure rules. That the questions are good is shown by faults that are planted
(`faults.py`). Where the rules themselves could be wrong, every order of few edits is held against a model that shares
nothing with them (`interleavings.py`, `plainly.py`), in both languages (`typescript.py`).
"""
