"""The value of one instance of a repeated step, as far as it is known by now.

Which instances there are does not change any more once it is known; what ``each.value`` is may
still settle. Working all of it out again for each instance would take as many steps as there are
pairs of them, so of a ``for`` expression only the one element is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mlctl.config.frames import Repetition
from mlctl.core.types import STRING, is_keyed, is_sequence
from mlctl.core.value import Value, number, string
from mlctl.hcl.ast import Expression, For
from mlctl.hcl.convert import ConversionError, convert

EvaluateWith = Callable[[Expression, Mapping[str, Value]], Value]
"""Evaluates an expression with some more names."""


@dataclass(slots=True)
class Refiner:
    """Refines the instances of one step.

    Attributes:
        places: Where in the collection each instance's element stands; filled at first use.
    """

    loop: For
    places: dict[str, str | int] = field(default_factory=dict)

    def refined(self, known: Repetition, evaluate: EvaluateWith) -> Repetition | None:
        """The instance with its present value; None when it cannot be told this way."""
        collection = evaluate(self.loop.collection, {}).unmark()[0]
        if not collection.is_known or collection.is_null:
            return None
        if not self.places:
            self.places = dict(self._placed(collection, evaluate))
        place = self.places.get(str(known.key))
        if place is None or known.value is None:
            return None
        value = evaluate(self.loop.value, self._names(collection, place))
        return Repetition(known.key, value.with_marks(known.value.marks))

    def _placed(self, collection: Value, evaluate: EvaluateWith) -> Iterator[tuple[str, str | int]]:
        key = self.loop.key
        if key is None or self.loop.group:
            return
        if is_keyed(collection.type):
            places: list[str | int] = list(collection.entries())
        elif is_sequence(collection.type):
            places = list(range(len(collection.elements())))
        else:
            return
        for place in places:
            try:
                text = convert(evaluate(key, self._names(collection, place)).unmark()[0], STRING)
            except ConversionError:
                continue
            if text.is_known and not text.is_null:
                yield text.as_string(), place

    def _names(self, collection: Value, place: str | int) -> dict[str, Value]:
        if isinstance(place, str):
            key, value = string(place), collection.entries()[place]
        else:
            key, value = number(place), collection.elements()[place]
        names = {self.loop.value_name: value}
        return names if not self.loop.key_name else {self.loop.key_name: key, **names}
