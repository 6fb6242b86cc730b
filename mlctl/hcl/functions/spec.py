"""What a function of the language is: parameters, a return type, and a body over plain values.

Arity, conversion, nulls, unknown values and marks are dealt with here once, as go-cty's
``function.Spec`` does, so that a body sees only what it asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mlctl.core.types import DYNAMIC, Type, conforms
from mlctl.core.value import NOT_NULL, Marks, Refinement, Value, refine, unknown
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.mismatch import mismatch_message


@dataclass
class FunctionError(Exception):
    """A function does not take these arguments.

    Attributes:
        message: What is wrong, without a full stop.
        argument: The index of the argument at fault, or None.
        parameter: Its parameter's name; filled in where the function is called.
        function: The function's name; filled in there too.
        summary: The heading Terraform gives such an error.
    """

    message: str
    argument: int | None = None
    parameter: str = ""
    function: str = ""
    summary: str = "Error in function call"

    def __str__(self) -> str:
        return self.message

    @property
    def detail(self) -> str:
        """The whole sentence, naming the argument or the function."""
        if self.argument is not None:
            return f'Invalid value for "{self.parameter}" parameter: {self.message}.'
        if self.summary != "Error in function call":
            return self.message
        return f'Call to function "{self.function}" failed: {self.message}.'


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an argument must be, and what the body is ready for.

    Attributes:
        allow_null: Else a null argument is an error.
        allow_unknown: Else an unknown argument makes the result unknown.
        allow_marked: Else marks, deep ones too, are taken off and put on the result.
        allow_dynamic: Else an argument of unknown type makes the type of the result unknown.
    """

    name: str
    type: Type
    allow_null: bool = False
    allow_unknown: bool = False
    allow_marked: bool = False
    allow_dynamic: bool = False


ReturnRule: TypeAlias = Callable[[Sequence[Value]], Type]
"""The type of the result, from the arguments; some of them may be unknown."""

Body: TypeAlias = Callable[..., Value]
"""Takes the arguments; where the return type is a rule, also ``wanted``: what the rule said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the language.

    Attributes:
        doc: One sentence for people.
        variadic: What all arguments after the named ones must be; None where there are none.
        returns: The type of the result, or how to tell it.
        refinement: What is known of the result even while it is unknown.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    variadic: Parameter | None
    returns: Type | ReturnRule
    refinement: Refinement
    body: Body

    def call(self, args: Sequence[Value]) -> Value:
        """Call it as an expression does: arguments are first converted to what is asked for.

        Raises:
            FunctionError: The arguments do not suit, or the function failed on them.
        """
        return self._named(lambda: self._checked(self._converted(args)))

    def apply(self, args: Sequence[Value]) -> Value:
        """Call it on arguments that are already of the types asked for, as go-cty does.

        Raises:
            FunctionError: The arguments do not suit, or the function failed on them.
        """
        return self._named(lambda: self._checked(args))

    def parameter(self, index: int) -> Parameter | None:
        """What the argument at this index must be; None when there may be none."""
        return self.parameters[index] if index < len(self.parameters) else self.variadic

    def signature_json(self) -> dict[str, object]:
        """The signature, in the form of ``terraform metadata functions -json``."""
        signature: dict[str, object] = {"description": self.doc, "return_type": self._usual_type()}
        if self.parameters:
            signature["parameters"] = [_parameter_json(p) for p in self.parameters]
        if self.variadic is not None:
            signature["variadic_parameter"] = _parameter_json(self.variadic)
        return signature

    def _named(self, call: Callable[[], Value]) -> Value:
        try:
            return call()
        except FunctionError as error:
            error.function = self.name
            given = None if error.argument is None else self.parameter(error.argument)
            if given is None:
                error.argument = None
            else:
                error.parameter = given.name
                error.summary = "Invalid function argument"
            raise

    def _checked(self, args: Sequence[Value]) -> Value:
        self._check_arity(args)
        known_type = self._check(args)
        bare, marks = self._unmarked(args)
        returns = self._type_of(bare) if known_type else DYNAMIC
        open_ended = any(
            not value.is_known and not parameter.allow_unknown
            for value, parameter in zip(bare, self._per_argument(args), strict=True)
        )
        if open_ended or not known_type:
            # The body, had it run, might have looked at anything in the arguments.
            result = unknown(returns).with_marks(marks_of(args))
        elif isinstance(self.returns, Type):
            result = self.body(*bare)
        else:
            result = self.body(*bare, wanted=returns)
        if known_type:
            result = refine(result, self.refinement)
        return result.with_marks(marks)

    def _per_argument(self, args: Sequence[Value]) -> list[Parameter]:
        more = len(args) - len(self.parameters)
        extra = [self.variadic] if self.variadic is not None else []
        return [*self.parameters, *extra * more]

    def _check_arity(self, args: Sequence[Value]) -> None:
        count = len(self.parameters)
        if len(args) < count:
            least = " at least" if self.variadic is not None else ""
            missing = self.parameters[len(args)].name
            raise FunctionError(
                f'Function "{self.name}" expects{least} {count} argument(s). '
                f'Missing value for "{missing}".',
                summary="Not enough function arguments",
            )
        if self.variadic is None and len(args) > count:
            raise FunctionError(
                f'Function "{self.name}" expects only {count} argument(s).',
                summary="Too many function arguments",
            )

    def _converted(self, args: Sequence[Value]) -> list[Value]:
        self._check_arity(args)
        converted = []
        for index, (value, parameter) in enumerate(
            zip(args, self._per_argument(args), strict=True)
        ):
            try:
                converted.append(convert(value, parameter.type))
            except ConversionError as error:
                raise FunctionError(error.message, index) from error
        return converted

    def _check(self, args: Sequence[Value]) -> bool:
        """False when an argument's type is unknown, so that the result's is."""
        for index, (value, parameter) in enumerate(
            zip(args, self._per_argument(args), strict=True)
        ):
            if value.is_null and not parameter.allow_null:
                raise FunctionError("argument must not be null", index)
            if value.type is DYNAMIC:
                if not parameter.allow_dynamic:
                    return False
            elif not conforms(value.type, parameter.type):
                raise FunctionError(mismatch_message(value.type, parameter.type), index)
        return True

    def _unmarked(self, args: Sequence[Value]) -> tuple[list[Value], Marks]:
        bare: list[Value] = []
        marks: Marks = frozenset()
        for value, parameter in zip(args, self._per_argument(args), strict=True):
            if parameter.allow_marked:
                bare.append(value)
            else:
                plain, found = value.unmark_deep()
                bare.append(plain)
                marks |= found
        return bare, marks

    def _type_of(self, args: Sequence[Value]) -> Type:
        return self.returns if isinstance(self.returns, Type) else self.returns(args)

    def _usual_type(self) -> object:
        """The return type when nothing is known of the arguments."""
        extra = [self.variadic] if self.variadic is not None else []
        declared = [*self.parameters, *extra]
        if any(p.type is DYNAMIC and not p.allow_dynamic for p in declared):
            return DYNAMIC.to_json()
        try:
            return self._type_of([unknown(p.type) for p in declared]).to_json()
        except FunctionError:
            return DYNAMIC.to_json()


def function(
    name: str,
    doc: str,
    *parameters: Parameter,
    returns: Type | ReturnRule,
    variadic: Parameter | None = None,
    refinement: Refinement = NOT_NULL,
) -> Callable[[Body], Function]:
    """Declare the function that the decorated body computes.

    The result is never null unless ``refinement`` says otherwise.
    """

    def declare(body: Body) -> Function:
        return Function(
            name=name,
            doc=doc,
            parameters=parameters,
            variadic=variadic,
            returns=returns,
            refinement=refinement,
            body=body,
        )

    return declare


def anything(name: str) -> Parameter:
    """A parameter that takes a value of any type, known or not, null or not."""
    return Parameter(name, DYNAMIC, allow_null=True, allow_unknown=True, allow_dynamic=True)


def marks_of(values: Iterable[Value]) -> Marks:
    """All the marks of values and of what is in them: those of a result that awaits all of it."""
    marks: Marks = frozenset()
    for value in values:
        marks |= value.marks_deep()
    return marks


def whole_number(value: Value, trouble: str = "", argument: int | None = None) -> int:
    """A known number as an int of 64 bits, as Go's functions want their counts and indices.

    Raises:
        FunctionError: It is none; the message begins with ``trouble``.
    """
    n = value.as_number()
    if isinstance(n, int) and -(2**63) <= n < 2**63:
        return n
    raise FunctionError(
        f"{trouble}value must be a whole number, "
        "between -9223372036854775808 and 9223372036854775807",
        argument,
    )


def _parameter_json(parameter: Parameter) -> dict[str, object]:
    nullable = {"is_nullable": True} if parameter.allow_null else {}
    return {"name": parameter.name, **nullable, "type": parameter.type.to_json()}
