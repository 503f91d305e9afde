"""Whatever has the parts of a learning curve is one."""

from types import SimpleNamespace

from prevalens.reports.patient_curve import PatientCurve


def test_a_curve_is_known_by_its_parts() -> None:
    """All five are needed."""
    whole = SimpleNamespace(n_patients=(), estimates=(), gain=None, expect=print, measure="auroc")
    assert isinstance(whole, PatientCurve)
    for name in ("n_patients", "estimates", "gain", "expect", "measure"):
        part = {key: value for key, value in vars(whole).items() if key != name}
        assert not isinstance(SimpleNamespace(**part), PatientCurve)
