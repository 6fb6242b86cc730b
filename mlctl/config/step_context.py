"""What the evaluation of every step shares."""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.config.declarations import Definition
from mlctl.config.evaluator import Evaluator
from mlctl.config.frames import ModuleFrame, Repetition
from mlctl.config.locate import Locator
from mlctl.config.names import Names
from mlctl.config.software import Softwares
from mlctl.core.address import Address

THIS_MACHINE = Address.of("compute", "this_machine")
"""The implicit local target of steps for which none is named."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a step's definition comes from.

    Attributes:
        definition: The component's, or the step's own.
        names: What names stand for in it.
        component: The component's address; None for an inline step.
    """

    definition: Definition
    names: Names
    component: Address | None = None


@dataclass(frozen=True, slots=True)
class StepContext:
    """The evaluator and its helpers.

    Attributes:
        salt: From ``cache { version = … }``.
    """

    evaluator: Evaluator
    locator: Locator
    softwares: Softwares
    salt: str = ""

    def locate(self, address: Address) -> tuple[ModuleFrame, Repetition]:
        """The module instance an object is declared in, and which instance it is."""
        frame = self.evaluator.frame(address.module)
        declared = frame.module.objects[address.kind, address.name]
        return frame, self.evaluator.instances(frame, declared).by_key[address.key]
