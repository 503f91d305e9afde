"""What records of checked columns share: they never change, and are copied without a check."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from prevalens._columns import Coded, remember


class FrozenColumns:
    """Base of frozen dataclasses whose fields are read-only columns.

    The fields `patients` and `patient_codes` say whose each row is, both None where images are
    independent; `covariates` are further columns by name.
    """

    patients: Any
    patient_codes: Any

    def _keep(self, **values: Any) -> None:
        """Set fields, their columns made read-only; patients are numbered once for all."""
        for name, value in values.items():
            kept = MappingProxyType(dict(value)) if name == "covariates" else value
            for column in kept.values() if name == "covariates" else (value,):
                if isinstance(column, np.ndarray):
                    column.setflags(write=False)
            object.__setattr__(self, name, kept)
        if self.patients is not None and self.patient_codes.size:
            names = np.empty(int(self.patient_codes.max()) + 1, dtype=object)
            names[self.patient_codes] = self.patients
            independent = bool(getattr(self, "independent", False))
            remember(self.patients, Coded(self.patient_codes, names.tolist(), independent))

    @classmethod
    def _of_checked(cls, values: Mapping[str, Any]) -> Self:
        """Return a record of columns that were checked before."""
        made = object.__new__(cls)
        made._keep(**values)
        return made

    def _values(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    def _with(self, **values: Any) -> Self:
        """Return the record with some columns replaced by checked ones."""
        return self._of_checked(self._values() | values)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes are sent records.
        values = self._values()
        return self._of_checked, (values | {"covariates": dict(values["covariates"])},)
