"""Simulated traffic of a payment platform with labelled fraud in it; the same seed gives the same bytes.

There are two streams.

`simulate(Traffic(...))` is plain traffic for demos and measurements: normal life that never looks like
a fraud, and two frauds, in the order of event time.

`scenarios(ScenarioSet(...))` is what the quality of rules is measured on: 35 days with day and night, all
frauds in all variants, and those who only look like a fraud, in the order of arrival. It is made of

- `frauds`, one module for each kind: a `Kind` whose `story` tells a `Case` as a list of marked `Act`s;
- `lookalikes`, one module for each: a `LookAlike` whose `day` gives what one of them does on a day;
- `everyday`, the normal life of all users;
- `interleaving` and `delivery`, which make variants of any story; `cast` says who plays which part, and when;
- `scene`, what each story is told in: `Draw` (the only source of randomness), `People` and `Life`.
"""

from detector.simulate.event import encode
from detector.simulate.happening import Simulated, look_alike_label
from detector.simulate.label import Label, write_labels
from detector.simulate.scenario_set import ScenarioSet
from detector.simulate.scenario_stream import scenarios
from detector.simulate.stream import simulate
from detector.simulate.strikes import strikes_named
from detector.simulate.traffic import Traffic

__all__ = [
    "Label",
    "ScenarioSet",
    "Simulated",
    "Traffic",
    "encode",
    "look_alike_label",
    "scenarios",
    "simulate",
    "strikes_named",
    "write_labels",
]
