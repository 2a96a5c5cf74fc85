"""The `random` package: passwords. They live in Pulumi's state alone, in no cloud.

Every change of an input makes another password, as with the real provider.
"""

from __future__ import annotations

import secrets
import string
from typing import Final

from palier.facts import UNKNOWN, Value
from palier.provider.diff import Change, Diff
from palier.provider.tree import UnknownTypeError
from palier.simcloud.packages import Call, Checked, Made, Values
from palier.simcloud.trees import differences

PASSWORD: Final = "random:index/randomPassword:RandomPassword"  # noqa: S105 a type
SECRET: Final = frozenset({"result", "bcryptHash"})
SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
"""Signs of a password where the program names none."""
CLASSES: Final = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": SPECIAL,
}


class Random:
    """The package; it needs no configuration and keeps nothing."""

    def configure(self, config: Values) -> None:
        """Nothing to configure."""

    def diff_config(self, old: Values, new: Values) -> Diff:
        """Nothing to change."""
        return Diff()

    def check(self, call: Call) -> Checked:
        """A password needs a length."""
        if call.type != PASSWORD:
            raise UnknownTypeError(call.type)
        length = call.inputs.get("length")
        if length is None:
            return Checked(inputs=call.inputs, failures=("Missing required property 'length'",))
        given = [call.inputs.get(f"min{name.title()}") for name in CLASSES]
        least = max(1, sum(number for number in given if isinstance(number, int)))
        if isinstance(length, int) and length < least:
            reason = f"Attribute length value must be at least {least}, got: {length}"
            return Checked(inputs=call.inputs, failures=(reason,))
        if not any(call.inputs.get(name, True) for name in CLASSES):
            reason = f"At least one attribute out of [{', '.join(CLASSES)}] must be true"
            return Checked(inputs=call.inputs, failures=(reason,))
        return Checked(inputs=call.inputs)

    def diff(self, call: Call) -> Diff:
        """Whatever changes makes another password."""
        found = differences(call.old_inputs, call.inputs)
        changes = tuple(Change(path=path, kind=kind, replace=True) for path, kind in found)
        return Diff(changes)

    def preview(self, call: Call) -> Values:
        """The password is not known before it is made."""
        return {**call.inputs, "result": UNKNOWN, "bcryptHash": UNKNOWN}

    def create(self, call: Call) -> Made:
        """Make a password."""
        outputs = {**call.inputs, "result": _password(call.inputs), "bcryptHash": _hash()}
        return Made(id="none", outputs=outputs, inputs=call.inputs)

    def read(self, call: Call) -> Made | None:
        """As the state has it: there is nothing else to ask."""
        return Made(id=call.id, outputs=call.state, inputs=call.old_inputs)

    def update(self, call: Call) -> Made:
        """Nothing can be changed in place."""
        return Made(id=call.id, outputs=call.state, inputs=call.inputs)

    def delete(self, call: Call) -> None:
        """Nothing is kept anywhere."""

    def secret(self, type_: str) -> frozenset[str]:
        """The password."""
        return SECRET if type_ == PASSWORD else frozenset()


def _password(inputs: Values) -> str:
    """Signs of every class that is asked for, at least as many as are asked for."""
    classes = {
        name: str(inputs.get("overrideSpecial") or signs) if name == "special" else signs
        for name, signs in CLASSES.items()
        if inputs.get(name, True)
    }
    least: dict[str, Value] = {name: inputs.get(f"min{name.title()}") or 0 for name in classes}
    signs = [secrets.choice(classes[name]) for name in classes for _ in range(int(least[name]))]
    everything = "".join(classes.values())
    signs += [secrets.choice(everything) for _ in range(int(inputs["length"]) - len(signs))]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


def _hash() -> str:
    """A text of the shape of a bcrypt hash; nothing is hashed."""
    signs = string.ascii_letters + string.digits
    return "$2a$10$" + "".join(secrets.choice(signs) for _ in range(53))
